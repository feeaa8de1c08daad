"""Where the models run, and the settings that make the results equal there."""

import os
import warnings

import torch

from ..arguments import shown


def use_device(name: str | torch.device | None = None) -> torch.device:
    """Choose the device and make its results repeatable.

    name : "auto" (CUDA if there is a GPU that this PyTorch can use, else the CPU), "cpu", "cuda" or "cuda:1". If
        omitted, the environment variable SEQMEM_DEVICE, and "auto" if that is not set either. Apple's MPS is never
        chosen: it has no float64.

    Three settings make the CPU and a GPU agree as far as they can: no TF32 (its errors are near 1e-3),
    deterministic algorithms, and one CPU thread, so that sums are always taken in the same order.

    Raises ValueError for an unknown name, RuntimeError if CUDA is asked for and cannot be used; its message says why.

    >>> sm.use_device("cpu")
    device(type='cpu')
    """
    source = "name" if name is not None else "SEQMEM_DEVICE"
    if not isinstance(name, str | torch.device | None):
        raise ValueError(f"name={shown(name)} is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'")
    name = str(name) if name is not None else os.environ.get("SEQMEM_DEVICE") or "auto"
    kind, _, index = name.partition(":")
    if name not in ("auto", "cpu") and (kind != "cuda" or not (index or "0").isdecimal() or name.endswith(":")):
        raise ValueError(f"{source}={shown(name)} is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'")
    fault = "" if name == "cpu" else _fault_of_gpu(int(index or 0))
    if kind == "cuda" and fault:
        raise RuntimeError(f"{source}={name!r}, but {fault}")

    torch.set_num_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs to be deterministic
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms loads the compiler: 2 s
    if name == "auto":
        name = "cpu" if fault else "cuda"
    return torch.device(name)


def _fault_of_gpu(index: int) -> str:
    """Why this GPU cannot be used and what to do, as a part of a sentence; an empty text if it can.

    torch warns of an old driver and of an old GPU. Here it does not: the CPU gives the same results, and a warning
    would be one more output of a notebook.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        count = torch.cuda.device_count()  # of what the driver lists, whether or not it can be used
        if index >= count:
            return f"this PyTorch sees {count} CUDA devices: use 'cpu' or 'auto'"
        if not torch.cuda.is_available():
            return "this PyTorch cannot use the NVIDIA driver: update it, or use 'cpu' or 'auto'"
        major, minor = torch.cuda.get_device_capability(index)
        built = torch.cuda.get_arch_list()
    if any(_runs_on(kind, major, minor) for kind in built):
        return ""
    this = f"this PyTorch has no code for a GPU of compute capability {major}.{minor}"
    return f"{this}: install a build that has, or use 'cpu' or 'auto'"


def _runs_on(kind: str, major: int, minor: int) -> bool:
    """Whether code built for `kind`, such as sm_86, runs on a GPU of this compute capability."""
    form, _, version = kind.partition("_")
    if not version.isdecimal():
        return form not in ("sm", "compute")  # AMD names its own kinds, such as gfx90a; sm_90a only adds to sm_90
    built = divmod(int(version), 10)
    same_family = built[0] == major and built <= (major, minor)
    return same_family if form == "sm" else built <= (major, minor)  # compute_86 is compiled when it is loaded
