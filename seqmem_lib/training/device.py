"""Where the models run, and the settings that make the results equal there."""

import os

import torch

from ..arguments import shown


def use_device(name: str | torch.device | None = None) -> torch.device:
    """Choose the device and make its results repeatable.

    name : "auto" (CUDA if there is one, else the CPU), "cpu", "cuda" or "cuda:1". If omitted, the environment
        variable SEQMEM_DEVICE, and "auto" if that is not set either. Apple's MPS is never chosen: it has no
        float64.

    Three settings make the CPU and a GPU agree as far as they can: no TF32 (its errors are near 1e-3),
    deterministic algorithms, and one CPU thread, so that sums are always taken in the same order.

    Raises ValueError for an unknown name, RuntimeError if CUDA is asked for and not there.
    """
    source = "name" if name is not None else "SEQMEM_DEVICE"
    if not isinstance(name, str | torch.device | None):
        raise ValueError(f"name={shown(name)} is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'")
    name = str(name) if name is not None else os.environ.get("SEQMEM_DEVICE") or "auto"
    kind, _, index = name.partition(":")
    if name not in ("auto", "cpu") and (kind != "cuda" or not (index or "0").isdecimal() or name.endswith(":")):
        raise ValueError(f"{source}={shown(name)} is not a device: use 'auto', 'cpu', 'cuda' or 'cuda:1'")
    count = torch.cuda.device_count()
    if kind == "cuda" and int(index or 0) >= count:
        raise RuntimeError(f"{source}={name!r}, but this PyTorch sees {count} CUDA devices: use 'cpu' or 'auto'")

    torch.set_num_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs to be deterministic
    torch.use_deterministic_algorithms(True)
    if name == "auto":
        name = "cuda" if count else "cpu"
    return torch.device(name)
