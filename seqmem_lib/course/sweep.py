"""Run one function on many independent points: one by one, in processes, or on a cluster."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from hashlib import sha256
from inspect import getsource, getsourcefile, unwrap
from os import fsync
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Generator
from tqdm.auto import tqdm

from ..arguments import alone, check_function, check_kind, check_list, check_path, shown, true_or_false

LINE = '["{'  # how a line of the file begins: a pair, whose first is the point as JSON


def sweep(
    function: Callable[..., dict],
    points: Iterable[dict],
    *,
    path: str | Path | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Call `function(**point, generator=...)` for every point, and return a table with one row for each, in the order
    of the points: its settings, and what the function returned.

    function : returns a dict, name -> number, text or None. An executor with processes must be able to import it: it
        then stands in a file, not in a notebook.
    points : dicts of settings, of the same kinds of values
    path : a file that keeps every finished point. If it exists, its points are not computed again. It survives Ctrl-C,
        a point that fails, and a worker that dies: run the same line again. It belongs to one `fingerprint` of the
        function: points of an edited one do not come into the same table.
    executor : anything that is a `concurrent.futures.Executor`, such as a `ProcessPoolExecutor` or, of
        `dask.distributed`, what `Client.get_executor()` returns. If omitted, the points are run one after the other.
    progress : show a bar

    The generator is on the CPU, with a seed that is made from the settings of the point alone. A function that draws
    all its random numbers from it gives the same table on every executor.

    Raises ValueError if a point is given twice or the file is of something else or of another state of the function,
    TypeError if an argument is of another kind, a setting or result is neither a number nor a text, or processes cannot
    import the function, FileNotFoundError if the path is in no folder, RuntimeError if a worker died. What the function
    raises is passed on, with its point.
    """
    check_function("function", function, "function(**point, generator=...)")
    true_or_false("progress", progress)
    if executor is not None:
        check_kind("executor", executor, Executor, "a concurrent.futures.Executor")
    if isinstance(executor, ProcessPoolExecutor) and not _can_be_imported(function):
        raise TypeError(
            f"function={shown(function)} cannot be imported by other processes: put it into a .py file and import it "
            "from there, or leave out the executor"
        )
    points = _by_key(points)
    state = None if path is None else fingerprint(function)
    done = {} if path is None else _read(check_path("path", path), state)
    todo = [key for key in points if key not in done]
    with tqdm(total=len(points), initial=len(points) - len(todo), disable=not progress, unit="point") as bar:
        run = _in_turn if executor is None else _on_executor
        for key, result in run(function, {key: points[key] for key in todo}, executor):
            if path is not None:
                _append(path, key, result, state)
            done[key] = result
            bar.update()
    return pd.DataFrame([point | done[key] for key, point in points.items()])


def point_generator(point: dict) -> Generator:
    """A generator on the CPU, seeded with a hash of the settings, whatever their order.

    Raises TypeError if point is no dict, or a setting is neither a number nor a text.
    """
    check_kind("point", point, dict, "a dict of settings")
    digest = sha256(_key("point", point).encode()).digest()
    return Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def fingerprint(function: Callable) -> str:
    """Eight letters that change with the version of torch and with what defines the function: its file; in a notebook,
    its own lines, so that what it calls there is not noticed; and what `functools.partial` has bound.

    Of a function that wraps another (`functools.wraps`), that one counts. Raises TypeError if it is no function.
    """
    check_function("function", function, "function(**point, generator=...)")
    function, bound = unwrap(function), ""
    while isinstance(function, partial):
        bound, function = f"{bound}{function.args}{function.keywords}", unwrap(function.func)
    if not hasattr(function, "__code__"):
        function = type(function)  # an object that can be called
    try:
        path = Path(getsourcefile(function))
        source = path.read_bytes() if path.exists() else getsource(function).encode()
    except (TypeError, OSError):  # typed into a terminal
        code = getattr(function, "__code__", None)
        source = repr(function if code is None else (code.co_code, code.co_consts, code.co_names)).encode()
    return sha256(source + bound.encode() + torch.__version__.encode()).hexdigest()[:8]


def _can_be_imported(function: Callable) -> bool:
    while isinstance(function, partial):
        function = function.func
    home = sys.modules.get(getattr(function, "__module__", None) or type(function).__module__)
    if home is None or (home.__name__ == "__main__" and not hasattr(home, "__file__")):
        return False
    return "<" not in getattr(function, "__qualname__", "")  # <lambda>, or one within another: <locals>


def _call(function: Callable[..., dict], point: dict) -> dict:
    try:
        result = function(**point, generator=point_generator(point))
        return _plain("function", check_kind("what function returned", result, dict, "a dict, name -> number or text"))
    except Exception as error:
        error.add_note(f"at the point {point}")
        raise


def _in_turn(function: Callable[..., dict], points: dict[str, dict], _) -> Iterator[tuple[str, dict]]:
    for key, point in points.items():
        yield key, _call(function, point)


def _on_executor(
    function: Callable[..., dict], points: dict[str, dict], executor: Executor
) -> Iterator[tuple[str, dict]]:
    """Results as they come. However this ends, what was finished is handed out first."""
    futures = {executor.submit(_call, function, point): key for key, point in points.items()}
    failed = None
    try:
        for future in as_completed(futures):
            if failed is None and not future.cancelled() and (failed := future.exception()) is not None:
                for other in futures:
                    other.cancel()  # those that run already are waited for
            if not future.cancelled() and future.exception() is None:
                yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
    if isinstance(failed, BrokenProcessPool):
        raise RuntimeError("a worker died; with a path, what was finished is kept: run the same line again") from failed
    if failed is not None:
        raise failed


def _plain(argument: str, settings: dict) -> dict:
    """The settings as Python's own numbers and texts."""
    plain = {}
    for name, value in settings.items():
        value = value.item() if isinstance(value, np.generic) else alone(value)
        if not isinstance(name, str) or not isinstance(value, str | int | float | None):
            said = f"{name}={shown(value)} must be a number or a text: settings and results go into a table"
            raise TypeError(f"{argument}: {said}")
        plain[name] = value
    return plain


def _key(argument: str, settings: dict) -> str:
    """The settings as one line of text, whatever their order."""
    return json.dumps(_plain(argument, settings), sort_keys=True)


def _by_key(points: Iterable[dict]) -> dict[str, dict]:
    keyed = {}
    for point in check_list("points", points, "dicts"):
        key = _key("points", check_kind("each of points", point, dict, "a dict of settings"))
        if key in keyed:
            raise ValueError(f"points holds {point} twice: leave one out")
        keyed[key] = _plain("points", point)
    return keyed


def _append(path: str | Path, key: str, result: dict, state: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps([key, result, state]) + "\n")
        file.flush()
        fsync(file.fileno())


def _read(path: Path, state: str) -> dict[str, dict]:
    """The finished points. A last line that was cut off in the middle is taken away."""
    if not path.parent.is_dir() or path.is_dir():
        raise FileNotFoundError(f"path={str(path)!r} is a folder, or its folder is not there: name a file in one")
    if not path.exists():
        return {}
    try:
        text = path.read_text("utf-8")
        whole = text[: text.rfind("\n") + 1]
        cut = text[len(whole) :]
        if not (cut.startswith(LINE) or LINE.startswith(cut)):
            raise ValueError
        rows = [json.loads(line) for line in whole.splitlines()]
        done = {key: result for key, result, *_ in rows if isinstance(result, dict)}
    except (ValueError, TypeError):
        raise ValueError(
            f"path={str(path)!r} holds something else than the points of a sweep: choose another"
        ) from None
    if any(row[2:] != [state] for row in rows):
        raise ValueError(
            f"path={str(path)!r} holds points of another function, or of another state of this one or of torch: choose "
            "another path, or delete the file and compute them again"
        )
    if cut:
        path.write_text(whole, "utf-8")
    return done
