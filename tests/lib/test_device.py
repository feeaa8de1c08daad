import pytest
import torch

from seqmem_lib.training.device import use_device


@pytest.fixture(autouse=True)
def no_lasting_settings(monkeypatch):
    monkeypatch.delenv("SEQMEM_DEVICE", raising=False)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(("gpus", "expected"), [(0, "cpu"), (1, "cuda")])
@pytest.mark.parametrize("name", [None, "auto"])
def test_auto(name, gpus, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert use_device(name) == torch.device(expected)


def test_the_environment_overrides(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
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


def test_a_torch_device_is_a_name_too():
    assert use_device(torch.device("cpu")) == torch.device("cpu")


def test_a_missing_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(RuntimeError, match="name='cuda', but this PyTorch sees 0 CUDA devices: use 'cpu'"):
        use_device("cuda")


def test_settings_that_make_results_equal():
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    use_device("cpu")
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == 1
