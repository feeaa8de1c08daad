"""Run one function on many independent points: one by one, in processes, or on a cluster."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from hashlib import sha256
from inspect import getsourcefile
from os import fsync
from pathlib import Path

import pandas as pd
import torch
from torch import Generator
from tqdm.auto import tqdm

from ..arguments import check_function, check_kind, check_list, check_path, shown, true_or_false

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

    function : returns a dict, name -> number, text or None. An executor with processes must be able to import it.
    points : dicts of settings, of the same kinds of values
    path : a file that keeps every finished point. If it exists, its points are not computed again, so one file belongs
        to one function. It survives Ctrl-C, a point that fails, and a worker that dies: run the same line again.
    executor : anything that is a `concurrent.futures.Executor`, such as a `ProcessPoolExecutor` or, of
        `dask.distributed`, what `Client.get_executor()` returns. If omitted, the points are run one after the other.
    progress : show a bar

    The generator is on the CPU, with a seed that is made from the settings of the point alone. A function that draws
    all its random numbers from it gives the same table on every executor.

    Raises ValueError if a point is given twice or the file is of something else, TypeError if an argument is of another
    kind, or a setting or result is neither a number nor a text, FileNotFoundError if the path is in no folder,
    RuntimeError if a worker died. What the function raises is passed on, with its point.
    """
    check_function("function", function, "function(**point, generator=...)")
    true_or_false("progress", progress)
    if executor is not None:
        check_kind("executor", executor, Executor, "a concurrent.futures.Executor")
    points = _by_key(points)
    done = {} if path is None else _read(check_path("path", path))
    todo = [key for key in points if key not in done]
    with tqdm(total=len(points), initial=len(points) - len(todo), disable=not progress, unit="point") as bar:
        run = _in_turn if executor is None else _on_executor
        for key, result in run(function, {key: points[key] for key in todo}, executor):
            if path is not None:
                _append(path, key, result)
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
    """Eight letters that change with the file that defines the function, and with the version of torch: points that
    another state of them gave do not belong into one table.

    Raises TypeError if function is none that a file defines.
    """
    path = getsourcefile(check_function("function", function, "function(**point, generator=...)"))
    return sha256(Path(path).read_bytes() + torch.__version__.encode()).hexdigest()[:8]


def _call(function: Callable[..., dict], point: dict) -> dict:
    try:
        result = function(**point, generator=point_generator(point))
        _key("function", check_kind("what function returned", result, dict, "a dict, name -> number, text or None"))
    except Exception as error:
        error.add_note(f"at the point {point}")
        raise
    return result


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


def _key(argument: str, settings: dict) -> str:
    """The settings as one line of text, whatever their order."""
    for name, value in settings.items():
        if not isinstance(name, str) or not isinstance(value, str | int | float | None):
            said = f"{name}={shown(value)} must be a number or a text: settings and results go into a table"
            raise TypeError(f"{argument}: {said}")
    return json.dumps(settings, sort_keys=True)


def _by_key(points: Iterable[dict]) -> dict[str, dict]:
    keyed = {}
    for point in check_list("points", points, "dicts"):
        key = _key("points", check_kind("each of points", point, dict, "a dict of settings"))
        if key in keyed:
            raise ValueError(f"points holds {point} twice: leave one out")
        keyed[key] = dict(point)
    return keyed


def _append(path: str | Path, key: str, result: dict) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps([key, result]) + "\n")
        file.flush()
        fsync(file.fileno())


def _read(path: Path) -> dict[str, dict]:
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
        done = {key: result for key, result in map(json.loads, whole.splitlines()) if isinstance(result, dict)}
    except (ValueError, TypeError):
        raise ValueError(
            f"path={str(path)!r} holds something else than the points of a sweep: choose another"
        ) from None
    if cut:
        path.write_text(whole, "utf-8")
    return done
