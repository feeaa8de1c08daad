"""What is checked at the public doors: one rule, and one sentence, for each kind of argument."""

import os
from collections.abc import Callable
from contextlib import suppress
from math import nan
from numbers import Real
from operator import index
from pathlib import Path
from sys import float_info

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.utils.rnn import PackedSequence

LARGEST = 2**31 - 1  # no size, count or length is larger: a typing error is found before memory is asked for
LARGEST_SEED = 2**63 - 1


def shown(value) -> str:
    """The value in a message: one line, and not a long one."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def is_boolean(value) -> bool:
    """Whether it is a boolean of Python, NumPy or torch: to `index` and `int`, some of them are 0 or 1."""
    return isinstance(value, bool) or str(getattr(value, "dtype", None)) in ("bool", "torch.bool")


def alone(value):
    """The number in a Tensor or an array that holds one; anything else as it is."""
    with suppress(RuntimeError):  # a Tensor on the device meta holds none
        if isinstance(value, Tensor | np.ndarray) and set(value.shape) <= {1}:
            return value.item()
    return value


def whole_number(name: str, value, low: int, high: int | None = None) -> int:
    """The value as an int: NumPy's and torch's whole numbers are welcome, booleans and fractions are not.

    Raises ValueError unless low <= value <= high, or LARGEST if high is omitted.
    """
    try:
        number = None if is_boolean(value) else index(alone(value))
    except (TypeError, RuntimeError):
        number = None
    if number is None or not low <= number <= (LARGEST if high is None else high):
        least = high is None and (number is None or number <= LARGEST)
        reach = f"of at least {low}" if least else f"from {low} to {LARGEST if high is None else high}"
        raise ValueError(f"{name} must be a whole number {reach}, not {shown(value)}")
    return number


def real_number(name: str, value, low: float = -float_info.max, high: float = float_info.max) -> float:
    """The value as a float: a number of Python or NumPy, or a Tensor or an array of one. Booleans are no numbers.

    Raises ValueError unless low <= value <= high; if they are omitted, unless it is finite.
    """
    number = alone(value)
    try:
        number = float(number) if isinstance(number, Real) and not is_boolean(number) else nan
    except OverflowError:
        number = nan
    if not low <= number <= high:
        if high < float_info.max:
            kind = f"number from {low:g} to {high:g}"
        else:
            kind = "finite number" if low < 0 else f"finite number of at least {low:g}"
        raise ValueError(f"{name} must be a {kind}, not {shown(value)}")
    return number


def true_or_false(name: str, value) -> bool:
    """Raises ValueError for anything else: a text such as "no" would count as true."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, not {shown(value)}")
    return value


def one_of(name: str, value, choices):
    """The value, if it is one of these texts (or None). Raises ValueError otherwise."""
    if not isinstance(value, str | None) or value not in choices:
        *most, last = map(repr, choices)
        raise ValueError(f"{name} must be {', '.join(most)} or {last}, not {shown(value)}")
    return value


def check_text(name: str, value) -> str:
    """Raises TypeError if it is something else."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {shown(value)}")
    return value


def check_texts(name: str, values, *, ordered: bool = True) -> list[str]:
    """The texts as a list. Raises TypeError if they are something else, such as one text."""
    values = check_list(name, values, "texts", ordered=ordered)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} must be a list of texts, not {shown(values)}")
    return values


def check_list(name: str, values, what: str = "values", *, ordered: bool = True) -> list:
    """The values as a list. Raises TypeError if they are none, such as a text or, where their order counts, a set."""
    try:
        if isinstance(values, str | bytes | dict) or (ordered and isinstance(values, set | frozenset)):
            raise TypeError
        return list(values)
    except TypeError:
        raise TypeError(f"{name} must be a list of {what}, not {shown(values)}") from None


def check_function(name: str, value, called: str) -> Callable:
    """Raises TypeError if it cannot be called. `called` shows how it will be."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, called as {called}, not {shown(value)}")
    return value


def check_kind(name: str, value, kinds: type | tuple[type, ...], what: str):
    """The value, if it is of these classes. Raises TypeError otherwise; `what` says what to pass."""
    if not isinstance(value, kinds):
        raise TypeError(f"{name} is of type {type(value).__name__}: pass {what}")
    return value


def check_model(name: str, model) -> nn.Module:
    """Raises TypeError if it is no module, ValueError if it has no parameters, which tell its device and precision."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"{name} must be a torch.nn.Module, such as a SequenceModel, not {shown(model)}")
    if next(model.parameters(), None) is None:
        raise ValueError(f"{name} has no parameters: pass a model that has some")
    return model


def check_path(name: str, path) -> Path:
    """The path of a file or folder. Raises TypeError if it is none, ValueError if no file can have this name."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(f"{name} must be a path, not {shown(path)}")
    given, path = path, Path(path)
    if given == "" or "\0" in str(path) or any(len(os.fsencode(part)) > 255 for part in path.parts):
        raise ValueError(f"{name}={shown(str(given))} can be the name of no file: choose another")
    return path


def check_tensor(name: str, x, form: str, *, whole: bool = False) -> Tensor:
    """Raises TypeError if x is no tensor, ValueError if its numbers are of the wrong kind: floating point, or whole."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor, {form}; this is of type {type(x).__name__}")
    if x.is_complex() or x.dtype == torch.bool or x.is_floating_point() == whole:
        kind, fix = ("whole", "long") if whole else ("floating-point", "float")
        raise ValueError(f"{name} is of {x.dtype}, but {kind} numbers are read: pass {name}.{fix}()")
    return x


def seeded(name: str, seed) -> Generator:
    """A generator on the CPU with this seed. Raises ValueError if it is not a whole number from 0 on."""
    return Generator().manual_seed(whole_number(name, seed, 0, LARGEST_SEED))


def check_device(device):
    """The device, or None for torch's default. Raises ValueError if torch finds none of this name."""
    try:
        if not isinstance(device, str | torch.device | None):
            raise RuntimeError("it is neither a name nor a torch.device")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        why = str(error).partition("\n")[0]
        raise ValueError(f"device={shown(device)} cannot be used ({why}): try 'cpu'") from None
    return device


def check_dtype(dtype):
    """The dtype, or None for torch's default. Raises ValueError if it is not one of floating-point numbers."""
    if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise ValueError(f"dtype must be torch.float32 or another of floating-point numbers, not {shown(dtype)}")
    return dtype


def real_array(name: str, values) -> np.ndarray:
    """Numbers, an array, a Tensor or lists, in double precision. Raises TypeError if they are something else."""
    try:
        if isinstance(values, Tensor):
            values = values.detach().cpu()
            values = values.double() if values.is_floating_point() else values
        array = np.asarray(values)
        if array.dtype.kind == "O" and all(isinstance(one, Real) and not isinstance(one, bool) for one in array.flat):
            array = array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        array = None
    if array is None or array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of numbers, not {shown(values)}")
    return array.astype(np.float64)


def check_generator(generator) -> dict:
    """The options with which a task draws its numbers: from this generator, on the CPU."""
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a torch.Generator, not {generator!r}: try Generator().manual_seed(0)")
    return {"generator": generator, "device": "cpu"}


def check_lengths(lengths, batch: int, seq: int) -> tuple[int, ...]:
    """The lengths as a tuple: one for each of `batch` sequences, from 1 to `seq`. Raises ValueError otherwise."""
    try:
        numbers = list(lengths)
    except TypeError:
        numbers = []
    if len(numbers) != batch:
        raise ValueError(f"lengths={shown(lengths)} does not fit: x needs {batch} of them, each from 1 to {seq}")
    return tuple(whole_number("each of lengths", n, 1, seq) for n in numbers)


def check_sequence(
    x: Tensor, lengths, input_size: int, dtype: torch.dtype | None = None, batch_first: bool = True
) -> tuple[int, ...]:
    """The lengths of x, (batch, seq, input_size); all of seq if they are None.

    dtype : of the weights, where x is not converted
    batch_first : False if x is (seq, batch, input_size)

    Raises TypeError if x is no tensor, ValueError if it is not of this shape, or the lengths do not fit.
    """
    form = f"(batch, seq, {input_size})" if batch_first else f"(seq, batch, {input_size}), because batch_first=False"
    if not isinstance(x, Tensor):
        fix = ": of an output and a state, pass the output" if isinstance(x, tuple) else ""
        fix = ": unpack it with pad_packed_sequence, and pass its lengths" if isinstance(x, PackedSequence) else fix
        raise TypeError(f"x must be a tensor, {form}; this is of type {type(x).__name__}{fix}")
    if x.is_nested or x.layout != torch.strided:
        raise ValueError("x is a nested or a sparse tensor: pass a dense one, padded on the right")
    if x.ndim != 3 or x.shape[-1] != input_size:
        words = x.ndim == 2 and not x.is_floating_point()
        fix = "; of the numbers of words, pass what their embedding returns" if words else ""
        raise ValueError(f"x has shape {tuple(x.shape)}: this layer reads {form}{fix}")
    batch, seq = x.shape[:2] if batch_first else x.shape[1::-1]
    if batch == 0 or seq == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}: it needs at least one sequence of at least one step")
    if x.is_complex():
        raise ValueError("x is complex: this layer reads real numbers")
    if dtype not in (None, x.dtype):
        raise ValueError(f"x is of {x.dtype} and the weights are of {dtype}: pass x.to({dtype})")
    try:
        return (seq,) * batch if lengths is None else check_lengths(lengths, batch, seq)
    except ValueError as error:
        raise ValueError(f"{error}" if batch_first else f"{error}; x is {form}") from None
