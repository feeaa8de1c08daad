"""What the Explorer is given, checked at its door and made plain: points, sliders and where they start."""

from math import isfinite
from numbers import Integral, Real

import numpy as np

from ..arguments import alone, real_array, shown, whole_number


def increasing(x) -> np.ndarray:
    try:
        values = np.asarray(x)
        fine = values.ndim == 1 and values.size and values.dtype.kind in "iuf" and np.isfinite(values).all()
        fine = fine and (np.diff(values.astype(float)) > 0).all()
    except (TypeError, ValueError):
        fine = False
    if not fine:
        raise ValueError("x must be a list of finite numbers, each larger than the one before: sort it")
    return values


def settings(sliders) -> dict[str, list]:
    if not isinstance(sliders, dict) or len(sliders) not in (1, 2):
        raise ValueError(f"sliders={shown(sliders)} must be a dict of one or two names and their settings")
    result = {}
    for name, values in sliders.items():
        array = np.asarray(values, dtype=object)
        chosen = [plain(value) for value in array] if array.ndim == 1 else []
        known = all(isinstance(value, str) or isfinite(value) for value in chosen if value is not None)
        if not chosen or None in chosen or not known or len(set(chosen)) < len(chosen):
            raise ValueError(f"sliders[{name!r}] must be a list of different numbers or texts, not {values!r}")
        result[str(name)] = chosen
    return result


def plain(value):
    """A number or a text as Python and JSON know it, or None if it is neither."""
    value = alone(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else None


def floor_of(value, log: bool) -> float | None:
    if value is None:
        return None
    if not log:
        raise ValueError(f"floor={shown(value)} belongs to a logarithmic axis: pass log=True with it")
    value = alone(value)
    # where float32 has all its digits
    if not isinstance(value, Real) or isinstance(value, bool) or not 1e-37 <= value < 1e37:
        raise ValueError(f"floor={shown(value)} must be a number between 1e-37 and 1e37")
    return float(np.float32(value))  # compared with float32 on the page


def start_of(start, counts: list[int]) -> tuple[int, ...]:
    start = (0,) * len(counts) if start is None else start
    if not isinstance(start, tuple | list) or len(start) != len(counts):
        raise ValueError(f"start={shown(start)} must be {len(counts)} whole numbers in a tuple, one for each slider")
    return tuple(whole_number(f"start[{k}]", start[k], 0, count - 1) for k, count in enumerate(counts))


def float32(name: str, values) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # becomes infinite, which is refused
            return real_array(name, values).astype("<f4")
    except TypeError:
        raise ValueError(f"{name} must be numbers, the same number of them for each setting") from None
