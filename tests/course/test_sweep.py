"""sweep(): the same table whoever computes it, and nothing is lost or computed twice."""

import json
import linecache
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial, update_wrapper
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sweep_points
import torch

from figures.measure import measure, points_of
from seqmem_lib import load_results
from seqmem_lib.course.sweep import fingerprint, point_generator, sweep

POINTS = [{"size": size, "label": label} for size in (1, 10, 100) for label in ("a", "ü")]


def processes(count=2):
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def quiet(function, points, **options):
    return sweep(function, points, progress=False, **options)


def marks(folder):
    """Which points left a mark, once for each time that they were computed."""
    return sorted(int(path.name.split("-")[0]) for path in folder.iterdir() if "-" in path.name)


def test_table():
    table = quiet(sweep_points.draw, POINTS)
    assert list(table.columns) == ["size", "label", "mean", "name", "pair"]
    assert table["size"].tolist() == [1, 1, 10, 10, 100, 100]
    assert table["name"].tolist()[3] == "ü 10"
    generator = point_generator({"label": "a", "size": 10})
    assert table["mean"][2] == torch.randn(10, generator=generator, dtype=torch.float64).mean().item()
    assert table["mean"].nunique() == 6


def test_the_same_table_from_threads_and_processes():
    expected = quiet(sweep_points.draw, POINTS)
    for pool in (ThreadPoolExecutor(3), processes()):
        with pool:
            pd.testing.assert_frame_equal(quiet(sweep_points.draw, POINTS, executor=pool), expected, check_exact=True)


def test_a_second_run_computes_nothing(tmp_path):
    points = [{"folder": str(tmp_path), "k": k} for k in range(4)]
    path = tmp_path / "done.jsonl"
    first = quiet(sweep_points.leave_a_mark, points, path=path)
    second = quiet(sweep_points.leave_a_mark, points, path=path)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert marks(tmp_path) == [0, 1, 2, 3]
    more = quiet(sweep_points.leave_a_mark, [{"folder": str(tmp_path), "k": 7}, *points[::-1]], path=path)
    assert marks(tmp_path) == [0, 1, 2, 3, 7]
    assert more["square"].tolist() == [49, 9, 4, 1, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal there")
def test_a_killed_worker_loses_no_finished_point(tmp_path):
    points = [{"folder": str(tmp_path), "k": k} for k in range(8)]
    path = tmp_path / "done.jsonl"
    with (
        processes() as pool,
        pytest.raises(RuntimeError, match="a worker died; with a path, what was finished is kept"),
    ):
        quiet(sweep_points.die_once, points, path=path, executor=pool)
    assert marks(tmp_path) == [0, 1, 2, 3, 4, 6, 7]
    with processes() as pool:
        table = quiet(sweep_points.die_once, points, path=path, executor=pool)
    assert marks(tmp_path) == list(range(8)), "each point was computed once"
    assert table["square"].tolist() == [k**2 for k in range(8)]


@pytest.mark.parametrize("executor", [None, "threads"])
def test_a_point_that_fails_is_named(tmp_path, executor):
    path = tmp_path / "done.jsonl"
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError, match="three") as caught:
        quiet(
            sweep_points.fail_at_three,
            [{"k": k} for k in range(6)],
            path=path,
            executor=pool if executor else None,
        )
    assert caught.value.__notes__ == ["at the point {'k': 3}"]
    kept = [json.loads(line)[1]["square"] for line in path.read_text().splitlines()]
    assert {0, 1, 4} <= set(kept)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
@pytest.mark.parametrize("pool", ["None", "ProcessPoolExecutor(2)"])
def test_ctrl_c_keeps_what_is_finished(tmp_path, pool, ctrl_c):
    script = (
        f"{ctrl_c}import sys; from concurrent.futures import ProcessPoolExecutor; from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import sweep_points; from seqmem_lib.course.sweep import sweep\n"
        f"points = [{{'folder': {str(tmp_path)!r}, 'k': k}} for k in range(40)]\n"
        f"sweep(sweep_points.slowly, points, path={str(tmp_path / 'done.jsonl')!r}, executor={pool}, progress=False)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    path = tmp_path / "done.jsonl"
    deadline = time.monotonic() + 300  # a busy machine may take a minute to start three Pythons with torch
    while time.monotonic() < deadline and not (path.exists() and path.read_text().count("\n") >= 3):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=300) != 0
    kept = path.read_text().splitlines()
    assert 3 <= len(kept) < 40
    assert all(json.loads(line)[1]["square"] == json.loads(json.loads(line)[0])["k"] ** 2 for line in kept)


def test_a_line_that_was_cut_off_is_computed_again(tmp_path):
    path = tmp_path / "done.jsonl"
    points = [{"folder": str(tmp_path), "k": k} for k in range(3)]
    quiet(sweep_points.leave_a_mark, points, path=path)
    path.write_text(path.read_text()[:-5])
    assert quiet(sweep_points.leave_a_mark, points, path=path)["square"].tolist() == [0, 1, 4]
    assert marks(tmp_path) == [0, 1, 2, 2]


def test_a_file_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n")
    with pytest.raises(ValueError, match="holds something else than the points of a sweep: choose another"):
        quiet(sweep_points.fail_at_three, [{"k": 0}], path=path)
    assert path.read_text() == "my notes\n"


@pytest.mark.parametrize(
    ("points", "error", "message"),
    [
        ([{"k": 1}, {"k": 2}, {"k": 1}], ValueError, r"points holds \{'k': 1\} twice"),
        ([{"k": torch.tensor([1, 2])}], TypeError, r"k=tensor\(\[1, 2\]\) must be a number or a text"),
        ([{"k": 1}, {"k": np.int64(1)}], ValueError, r"points holds \{'k': .*1.*\} twice"),
        ([{1: 1}], TypeError, "1=1 must be a number or a text"),
    ],
)
def test_bad_points_are_named(points, error, message):
    with pytest.raises(error, match=message):
        quiet(sweep_points.fail_at_three, points)


def test_numbers_of_numpy_and_torch_are_numbers():
    def double(k, generator):
        return {"np": np.float32(2 * k), "torch": torch.tensor(2 * k), "array": np.array(2 * k)}

    table = quiet(double, [{"k": kind(3)} for kind in (np.int64, torch.tensor)][:1])
    assert table.to_dict("records") == [{"k": 3, "np": 6.0, "torch": 6, "array": 6}]
    assert point_generator({"k": torch.tensor(3)}).initial_seed() == point_generator({"k": 3}).initial_seed()


# --- one file, one function ------------------------------------------------------------------------------


def a_module(folder, body):
    """A file with a function `measured`, loaded anew."""
    path = folder / "own.py"
    path.write_text(f"def measured(k, generator):\n    return {{'value': {body}}}\n")
    linecache.clearcache()
    spec = spec_from_file_location("own", path)
    module = module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module.measured


def in_a_notebook(body):
    """The same as a cell of a notebook, which is no file."""
    source = f"def measured(k, generator):\n    return {{'value': {body}}}\n"
    name, names = f"<cell {body}>", {"__name__": "__main__"}
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), names)
    return names["measured"]


def typed(body):
    return eval(f"lambda k, generator: {{'value': {body}}}")


@pytest.mark.parametrize("home", ["file", "notebook", "terminal", "partial"])
def test_points_of_an_edited_function_do_not_come_into_the_same_table(tmp_path, home):
    def made(body):
        if home == "partial":
            return partial(sweep_points.power, exponent=int(body))
        return {"file": partial(a_module, tmp_path), "notebook": in_a_notebook, "terminal": typed}[home](body)

    path, points = tmp_path / "done.jsonl", [{"k": 3}]
    bodies = ["2", "3"] if home == "partial" else ["k * 2", "k * 3"]
    first = quiet(made(bodies[0]), points, path=path)
    assert quiet(made(bodies[0]), points, path=path).equals(first)
    kept = path.read_text()
    with pytest.raises(ValueError, match=r"done\.jsonl' holds points of another function, or of another state of this"):
        quiet(made(bodies[1]), [{"k": 4}], path=path)
    assert path.read_text() == kept


def test_points_of_an_older_sweep_have_no_state(tmp_path):
    path = tmp_path / "done.jsonl"
    path.write_text(json.dumps(['{"k": 1}', {"square": 1}]) + "\n")
    with pytest.raises(ValueError, match="holds points of another function"):
        quiet(sweep_points.fail_at_three, [{"k": 1}], path=path)


def test_points_of_another_torch_are_others(tmp_path, monkeypatch):
    before = fingerprint(sweep_points.draw)
    monkeypatch.setattr(torch, "__version__", "9.9")
    assert fingerprint(sweep_points.draw) != before


def test_of_a_wrapper_the_wrapped_function_counts():
    around = update_wrapper(partial(sweep_points.power, exponent=2), torch.nn.functional.relu)
    assert fingerprint(around) == fingerprint(torch.nn.functional.relu) != fingerprint(sweep_points.power)


@pytest.mark.parametrize("function", [lambda k, generator: {}, in_a_notebook("k"), partial(in_a_notebook("k"), k=1)])
def test_what_processes_cannot_import_is_named_at_once(function, monkeypatch):
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    with processes() as pool, pytest.raises(TypeError, match=r"put it into a \.py file and import it from there"):
        quiet(function, [{"k": 1}], executor=pool)


def test_a_result_that_is_no_number_is_named():
    with pytest.raises(TypeError, match="values=") as caught:
        quiet(lambda k, generator: {"values": [1, 2]}, [{"k": 1}])
    assert caught.value.__notes__ == ["at the point {'k': 1}"]


def test_seeds_are_of_the_settings():
    seeds = {point_generator(point).initial_seed() for point in ({"a": 1}, {"a": 2}, {"b": 1}, {"a": 1.5}, {"a": "1"})}
    assert len(seeds) == 5
    assert point_generator({"a": 1, "b": 2}).initial_seed() == point_generator({"b": 2, "a": 1}).initial_seed()


def test_bar(capsys):
    sweep(sweep_points.fail_at_three, [{"k": 1}, {"k": 2}])
    assert "2/2" in capsys.readouterr().err


# --- a cluster -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    """The executor of a cluster of two processes, which can import these tests and all of the repository."""
    distributed = pytest.importorskip("distributed")
    here = Path(__file__).parent
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
    options["dashboard_address"] = "127.0.0.1:0"  # any free port: another cluster may run on this machine
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (here, here.parents[1]))))
        with distributed.LocalCluster(**options) as started, distributed.Client(started) as client:
            yield client.get_executor()


@pytest.mark.filterwarnings("default")  # of the cluster, about memory
def test_the_same_table_from_a_cluster(cluster):
    table = quiet(sweep_points.draw, POINTS, executor=cluster)
    pd.testing.assert_frame_equal(table, quiet(sweep_points.draw, POINTS), check_exact=True)


@pytest.mark.filterwarnings("default")
def test_a_cluster_gives_the_table_that_is_stored(cluster):
    """Which one machine made: some points of what `make results` measures."""
    table = measure("forty_words", points_of("forty_words")[:3], cluster)
    expected = load_results("forty_words").head(3)
    pd.testing.assert_frame_equal(table[expected.columns], expected, check_exact=False, atol=1e-5)
