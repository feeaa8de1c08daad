"""What is checked at the public doors: one rule, and one sentence, for each kind of argument."""

from operator import index

import numpy as np
from torch import Generator, Tensor


def whole_number(name: str, value, low: int, high: int | None = None) -> int:
    """The value as an int: NumPy's and torch's whole numbers are welcome, booleans and fractions are not.

    Raises ValueError unless low <= value <= high.
    """
    reach = f"from {low} to {high}" if high is not None else f"of at least {low}"
    try:
        number = index(value)
    except (TypeError, RuntimeError):
        number = None
    if number is None or str(value) in ("True", "False") or number < low or (high is not None and number > high):
        raise ValueError(f"{name} must be a whole number {reach}, not {value!r}")
    return number


def check_lengths(lengths, batch: int, seq: int) -> tuple[int, ...]:
    """The lengths as a tuple: one for each of `batch` sequences, from 1 to `seq`. Raises ValueError otherwise."""
    try:
        numbers = list(lengths)
    except TypeError:
        numbers = []
    if len(numbers) != batch:
        raise ValueError(f"lengths={lengths!r} does not fit: x needs {batch} of them, each from 1 to {seq}")
    return tuple(whole_number("each of lengths", n, 1, seq) for n in numbers)


def check_sequence(x: Tensor, lengths, input_size: int) -> tuple[int, ...]:
    """The lengths of x, (batch, seq, input_size); all of seq if they are None.

    Raises TypeError if x is no tensor, ValueError if it is not of this shape, or the lengths do not fit.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor, (batch, seq, {input_size}); this is of type {type(x).__name__}")
    if x.ndim != 3 or x.shape[-1] != input_size:
        raise ValueError(f"x has shape {tuple(x.shape)}: this layer reads (batch, seq, {input_size})")
    batch, seq, _ = x.shape
    if batch == 0 or seq == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}: it needs at least one sequence of at least one step")
    if x.is_complex():
        raise ValueError("x is complex: this layer reads real numbers")
    return (seq,) * batch if lengths is None else check_lengths(lengths, batch, seq)


def check_finite(x: Tensor, lengths: tuple[int, ...]) -> None:
    """Raises ValueError if x, (batch, seq, features), holds NaN or infinity before a sequence ends."""
    for k in (~x.isfinite()).flatten(1).any(dim=1).nonzero().flatten().tolist():
        if not x[k, : lengths[k]].isfinite().all():  # padding may hold anything
            raise ValueError(f"x holds NaN or infinity in sequence {k}: replace those entries before recording")


def check_tokens(tokens, lengths: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
    """The tokens as tuples, one text per real step. A flat list is one sequence. Raises ValueError otherwise."""
    try:
        tokens = list(tokens)
        flat = all(isinstance(token, str) for token in tokens)
        nested = tuple(map(tuple, [tokens] if flat else tokens))
    except TypeError:
        nested = ((None,),)
    if not all(isinstance(token, str) for one in nested for token in one):
        raise ValueError("tokens must be a list of texts, or one such list per sequence")
    if tuple(map(len, nested)) != lengths:
        counts = ", ".join(str(len(one)) for one in nested)
        raise ValueError(f"tokens has {counts} texts: give one per step, and the lengths are {lengths}")
    return nested


def check_norms(name: str, norms) -> np.ndarray:
    """Norms as (seeds, lags) in double precision, from an array or a Tensor of that shape or of (lags,).

    Raises ValueError if they have another shape, or one is negative, infinite or NaN.
    """
    values = norms.detach().cpu().double().numpy() if isinstance(norms, Tensor) else norms
    values = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"{name} has shape {np.shape(norms)}: it must be (lags,) or (seeds, lags)")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError(f"{name} must be finite and not negative: pass norms, and fewer lags if they explode")
    return values


def check_runs(table) -> None:
    """A pandas table of trained models: one row for each lag and seed, and for each label if there are labels.

    Raises ValueError if a column is missing, a label, lag or seed has gaps or repeats, or an accuracy is not one.
    """
    missing = [name for name in ("lag", "accuracy", "seed") if name not in table]
    if missing or table.empty:
        raise ValueError(f"table lacks {', '.join(missing) or 'rows'}: it needs the columns lag, accuracy and seed")
    keys = [name for name in ("label", "lag", "seed") if name in table]
    if table[keys].isna().any(axis=None):
        raise ValueError(f"table has gaps in {', '.join(keys)}: fill them, or drop those rows")
    if table.duplicated(keys).any():
        raise ValueError(f"table has two rows of the same {', '.join(keys)}: average them, or tell them apart by label")
    if not table["accuracy"].between(0, 1).all():
        raise ValueError("table['accuracy'] must be from 0 to 1: divide percentages by 100, and drop NaN")


def check_generator(generator) -> dict:
    """The options with which a task draws its numbers: from this generator, on the CPU."""
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a torch.Generator, not {generator!r}: try Generator().manual_seed(0)")
    return {"generator": generator, "device": "cpu"}
