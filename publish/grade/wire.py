"""What passes between the process that judges and the one that an answer runs in.

Arguments go there pickled, because our own code made them. What comes back is JSON, of which nothing is ever run:
numbers, texts, tensors and lists of these, and what has become of what the answer was given.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn


class Unreadable:
    """Stands for an answer, or a part of one, that is no data."""


def encode(value, given: tuple = ()):
    """An answer as JSON can hold it. given : the arguments; a module is sent as what one of them has become."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Tensor):
        flat = value.detach().cpu().resolve_conj().resolve_neg()
        flat = flat.clone(memory_format=torch.contiguous_format).reshape(-1)  # of nothing NumPy makes strides of 0
        held = b64encode(flat.view(torch.uint8).numpy().tobytes()).decode()
        return {"tensor": [held, str(value.dtype).removeprefix("torch."), list(value.shape), value.requires_grad]}
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, np.ndarray):
        return {"array": encode(torch.from_numpy(np.ascontiguousarray(value)))}
    if isinstance(value, nn.Module):
        same = [k for k, one in enumerate(given) if one is value]
        if same:  # changed already by what is said of the arguments
            return {"given": same[0]}
        like = [k for k, one in enumerate(given) if type(one) is type(value)]
        return {"module": [like[0], state(value)]} if like else {"unreadable": None}
    if isinstance(value, dict):
        return {"dict": [[encode(name), encode(one, given)] for name, one in value.items()]}
    if isinstance(value, Iterable):
        return {"list" if isinstance(value, list) else "tuple": [encode(one, given) for one in value]}
    return {"ellipsis" if value is ... else "unreadable": None}


def decode(value, given: tuple = ()):
    """The answer that was encoded. Raises an error of some kind if it was not encoded as above."""
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    if kind == "tensor":
        data, dtype, shape, asks = held
        flat = torch.frombuffer(bytearray(b64decode(data)), dtype=getattr(torch, dtype)) if data else torch.empty(0)
        return flat.to(getattr(torch, dtype)).reshape(shape).requires_grad_(asks)
    if kind == "array":
        return decode(held).numpy()
    if kind == "given":
        return given[held]
    if kind == "module":
        module = deepcopy(given[held[0]])
        become(module, held[1])
        return module
    if kind == "dict":
        return {decode(name): decode(one, given) for name, one in held}
    if kind in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[kind](decode(one, given) for one in held)
    return ... if kind == "ellipsis" else Unreadable()


def changeable(given) -> list:
    """What an answer may change instead of returning something: modules, tensors, and lists without any of these."""
    if isinstance(given, nn.Module | Tensor):
        return [given]
    found = [inner for one in given for inner in changeable(one)] if isinstance(given, tuple | list) else []
    return found or ([given] if isinstance(given, list) else [])


def state(one: nn.Module | Tensor | list) -> dict[str, list]:
    """What may change of it: name -> [value, whether it asks for a gradient (None: a buffer), gradient]. Of a tensor or
    a list, which has no names, under ""."""
    if isinstance(one, list):
        return {"": [encode(one), None, None]}
    if isinstance(one, Tensor):
        return {"": [encode(one), one.requires_grad, None]}
    found = {name: [encode(own), own.requires_grad, encode(own.grad)] for name, own in one.named_parameters()}
    return found | {name: [encode(own), None, None] for name, own in one.named_buffers()}


def become(one: nn.Module | Tensor | list, state: dict[str, list]) -> None:
    """Change it into what that state says."""
    if isinstance(one, list):
        one[:] = decode(state[""][0])
    elif isinstance(one, Tensor):
        value, asks, _ = state[""]
        if not torch.equal(one, decode(value)):
            one.data.copy_(decode(value))
        if one.requires_grad and not asks:
            one.detach_()
    else:
        own = dict(one.named_parameters()) | dict(one.named_buffers())
        for name, (value, asks, gradient) in state.items():
            own[name].data = decode(value)
            if asks is not None:
                own[name].requires_grad_(asks).grad = decode(gradient)
