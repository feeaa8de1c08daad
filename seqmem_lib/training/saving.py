"""A trained model as one file: its weights, and what it was made with. Nothing in it is ever executed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from uuid import uuid4

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ..arguments import check_path

VERSION = 1  # of what is written beside the weights
LAYER_TYPES = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


def save_model(path: str | PathLike, model: nn.Module, **more) -> None:
    """Write the weights, with the settings from which `model._made` makes another, and more that JSON can hold. The
    file is complete or not there at all; one that was there before is replaced.

    Raises TypeError if path is none, FileNotFoundError if its folder is not there, ValueError if it is a folder or the
    model is no longer as its class makes it, OSError if nothing can be written there.
    """
    path, kind = check_path("path", path), type(model)
    if path.exists() and not path.is_file():
        raise ValueError(f"path={str(path)!r} is a folder, or no file: name a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path={str(path)!r}: there is no folder {str(path.parent)!r}; create it first")
    try:
        settings = model._settings()
        again = kind._made(settings)
        again.load_state_dict(model.state_dict())
        same = str(again) == str(model)
    except (AttributeError, KeyError, RuntimeError, TypeError):
        same = False
    if not same:
        said = "holds other parts than its class makes, which would be lost: save model.state_dict() instead"
        raise ValueError(f"this {kind.__name__} {said}")
    about = {"version": VERSION, "kind": kind.__name__, "settings": settings, **more}
    weights = {name: value.detach().cpu().clone().contiguous() for name, value in model.state_dict().items()}
    part = path.with_name(f".{uuid4().hex}.part")  # in the same folder, or it could not be renamed
    try:
        save_file(weights, part, {"seqmem": json.dumps(about)})
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        raise OSError(f"path={str(path)!r} cannot be written ({error}): choose another place") from error
    finally:
        part.unlink(missing_ok=True)


def load_model(path: str | PathLike, kind: type[nn.Module]) -> tuple[nn.Module, dict]:
    """The model of this class that `save_model` wrote, on the CPU and without dropout, and what was written beside its
    weights.

    Raises TypeError if path is none, FileNotFoundError if there is no such file, ValueError if it holds something else.
    """
    path = check_path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"path={str(path)!r} is not a file: pass one that {kind.__name__}.save wrote")
    with damage_named(path, kind):
        about, weights = _read(path)
        version, saved = int(about["version"]), str(about["kind"])
    if version > VERSION:
        raise ValueError(f"path={str(path)!r} was written by a newer seqmem: update this one")
    if saved != kind.__name__:
        raise ValueError(f"path={str(path)!r} holds a {saved}: load it with {saved}.load")
    with damage_named(path, kind):
        model = kind._made(about["settings"])
        model.load_state_dict(weights, assign=True)  # which keeps their precision
    return model.eval(), about


@contextmanager
def damage_named(path: str | PathLike, kind: type[nn.Module]) -> Iterator[None]:
    """Raises ValueError, with the path, if what was read from it is not what `save_model` writes."""
    try:
        yield
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        wanted = f"pass a file that {kind.__name__}.save wrote"
        raise ValueError(f"path={str(path)!r} holds no saved model, or not all of it: {wanted}") from error


def _read(path: Path) -> tuple[dict, dict[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        about = json.loads((file.metadata() or {})["seqmem"])
        # Copies, because the file may be replaced while the model lives.
        return about, {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a mapping)
