import os
import warnings

import pytest
import torch

from seqmem_lib.training.device import use_device


@pytest.fixture(autouse=True)
def no_lasting_settings(monkeypatch):
    monkeypatch.delenv("SEQMEM_DEVICE", raising=False)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    yield
    torch.use_deterministic_algorithms(False)


BUILT = ["sm_75", "sm_80", "sm_90", "sm_90a", "compute_90"]  # what torch.cuda.get_arch_list() tells


@pytest.fixture
def machine(monkeypatch):
    """A function that says which GPUs there seem to be."""

    def has(gpus, driver=True, capability=(9, 0), built=BUILT):
        def is_available():
            if gpus and not driver:
                warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old", stacklevel=2)
            return bool(gpus) and driver

        def get_device_capability(index):
            assert index < gpus
            assert driver
            warnings.warn("Found GPU0 which is of cuda capability ...", stacklevel=2)
            return capability

        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "is_available", is_available)
        monkeypatch.setattr(torch.cuda, "get_device_capability", get_device_capability)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: built)

    return has


@pytest.mark.parametrize(("gpus", "expected"), [(0, "cpu"), (1, "cuda")])
@pytest.mark.parametrize("name", [None, "auto"])
def test_auto(name, gpus, expected, machine):
    machine(gpus)
    assert use_device(name) == torch.device(expected)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"driver": False}, "this PyTorch cannot use the NVIDIA driver: update it, or use 'cpu' or 'auto'"),
        (
            {"capability": (6, 1)},
            r"no code for a GPU of compute capability 6\.1: install a build that has, or use 'cpu'",
        ),
        ({"capability": (7, 0)}, r"compute capability 7\.0"),
        ({"capability": (10, 0), "built": ["sm_80", "sm_90"]}, r"compute capability 10\.0"),
        ({"capability": (8, 0), "built": ["sm_86", "compute_90"]}, r"compute capability 8\.0"),
        ({"capability": (9, 0), "built": ["sm_100", "sm_120"]}, r"compute capability 9\.0"),
        ({"capability": (9, 0), "built": ["sm_90a", "compute_90a"]}, r"compute capability 9\.0"),  # they add to others
    ],
)
def test_a_gpu_that_cannot_be_used(found, message, machine):
    """ "auto" takes the CPU without a word, because that gives the same results."""
    machine(1, **found)
    assert use_device() == torch.device("cpu")
    with pytest.raises(RuntimeError, match=f"name='cuda:0', but .*{message}"):
        use_device("cuda:0")
    assert use_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "built"),
    [
        ((8, 6), BUILT),
        ((8, 6), ["compute_86"]),
        ((12, 0), BUILT),
        ((10, 3), ["sm_100"]),
        ((12, 0), ["sm_120"]),
        ((9, 4), ["gfx90a", "gfx942"]),
    ],
)
def test_a_gpu_that_runs_what_was_built_for_an_earlier_one(capability, built, machine):
    machine(1, capability=capability, built=built)
    assert use_device("cuda") == torch.device("cuda")


def test_the_cpu_is_taken_without_a_look_at_the_gpus(machine):
    """A process that has looked at them cannot hand them to one that it forks."""
    machine(1)
    torch.cuda.is_available = torch.cuda.get_device_capability = None
    use_device("cpu")


def test_the_environment_overrides(machine, monkeypatch):
    machine(2)
    monkeypatch.setenv("SEQMEM_DEVICE", "cpu")
    assert use_device() == torch.device("cpu")
    assert use_device("cuda:1") == torch.device("cuda:1")
    monkeypatch.setenv("SEQMEM_DEVICE", "")
    assert use_device() == torch.device("cuda")


@pytest.mark.parametrize("name", ["gpu", "mps", "cuda:", "cuda:x", "cpu:1", "CUDA"])
def test_a_wrong_name(name, monkeypatch):
    monkeypatch.setenv("SEQMEM_DEVICE", name)
    with pytest.raises(ValueError, match=rf"SEQMEM_DEVICE='{name}' is not a device: use 'auto', 'cpu', 'cuda'"):
        use_device()


def test_what_is_no_name_is_named():
    with pytest.raises(ValueError, match=r"^name=3 is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'$"):
        use_device(3)


def test_a_setting_of_your_own_stays(monkeypatch):
    """cuBLAS is deterministic with this one too."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    use_device("cpu")
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


def test_a_torch_device_is_a_name_too():
    assert use_device(torch.device("cpu")) == torch.device("cpu")


def test_a_missing_gpu(machine):
    machine(0)
    with pytest.raises(RuntimeError, match="name='cuda', but this PyTorch sees 0 CUDA devices: use 'cpu'"):
        use_device("cuda")


def test_settings_that_make_results_equal():
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.benchmark = True
    use_device("cpu")
    assert not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == 1
