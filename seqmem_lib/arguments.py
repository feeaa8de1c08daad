"""What is checked at the public doors: one rule, and one sentence, for each kind of argument."""

from operator import index

from torch import Tensor


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
