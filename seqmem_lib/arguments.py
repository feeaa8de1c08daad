"""One rule for whole numbers, used at every public door."""

from operator import index


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
