"""`make results`: the tables that are stored can be made again."""

import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from numbers import Number
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from torch import Generator

import figures.measure
from figures.measure import EXPERIMENTS, MODULES, points_of, run, tidy
from seqmem_lib import load_results


def test_several_rows_of_a_point_become_rows_of_the_table():
    rows = ['[{"seed": 0, "accuracy": 0.5}, {"seed": 1, "accuracy": 0.25}]', '[{"seed": 0, "accuracy": 1.0}]']
    table = tidy(pd.DataFrame({"label": ["b", "a"], "rows": rows}))
    assert table.to_dict("list") == {"label": ["a", "b", "b"], "seed": [0, 0, 1], "accuracy": [1.0, 0.5, 0.25]}
    plain = pd.DataFrame({"seed": [1], "error": [0.5]})
    assert tidy(plain) is plain
    many = pd.DataFrame(
        {"label": ["b", "a"], "rows": [str([{"step": 50 - k} for k in range(50)]).replace("'", '"')] * 2}
    )
    assert tidy(many)["label"].tolist() == ["a"] * 50 + ["b"] * 50
    assert tidy(many)["step"].tolist() == [*range(50, 0, -1)] * 2, "in the order in which they were given"


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A table of three points, which main() is to measure and to write; `small.taken` are the seeds that it ran."""

    def quick(label: str, seed: int) -> dict:
        small.taken.append(seed)
        if seed == small.fails_at:
            raise ArithmeticError
        return {"loss": seed / 8 + len(label)}

    small = SimpleNamespace(folder=tmp_path, taken=[], fails_at=None, schedulers=[], pools=[])
    monkeypatch.setitem(EXPERIMENTS, "small", (quick, [("ab", seed) for seed in range(3)], "a small table"))
    monkeypatch.setattr(figures.measure, "RESULTS", tmp_path)

    class Pool(ThreadPoolExecutor):
        def submit(self, *given, **options):
            small.pools.append(self)
            return super().submit(*given, **options)

    monkeypatch.setattr(figures.measure, "workers", lambda scheduler: small.schedulers.append(scheduler) or Pool(1))
    monkeypatch.setattr(sys, "argv", ["measure.py", "small"])
    return small


def test_a_table_is_written_with_what_it_is_about(small, capsys):
    figures.measure.main()
    assert [path.name for path in small.folder.iterdir()] == ["small.csv"]
    rows = ["label,seed,loss", "ab,0,2.00000", "ab,1,2.12500", "ab,2,2.25000", ""]
    about = f"# a small table; torch {torch.__version__}"
    assert (small.folder / "small.csv").read_text("utf-8") == "\n".join([about, *rows])
    assert capsys.readouterr().out == "small: 3 rows\n"
    assert (len(small.pools), small.schedulers) == (3, [None]), "the pool measured each point"


def test_all_tables_are_measured_if_none_is_named_and_where_it_is_said(small, monkeypatch, capsys):
    one = EXPERIMENTS["small"]
    monkeypatch.setattr(figures.measure, "EXPERIMENTS", {"small": one, "again": one})
    monkeypatch.setattr(sys, "argv", ["measure.py", "--scheduler=tcp://there:8786"])
    figures.measure.main()
    assert sorted(path.name for path in small.folder.iterdir()) == ["again.csv", "small.csv"]
    assert small.schedulers == ["tcp://there:8786"]
    monkeypatch.setattr(sys, "argv", ["measure.py", "again"])
    (small.folder / "small.csv").unlink()
    figures.measure.main()
    assert [path.name for path in small.folder.iterdir()] == ["again.csv"]


def test_a_scheduler_is_asked_by_its_address(monkeypatch):
    asked = []
    client = SimpleNamespace(Client=lambda address: SimpleNamespace(get_executor=lambda: asked.append(address) or 3))
    monkeypatch.setitem(sys.modules, "distributed", client)
    assert figures.measure.workers("tcp://there:8786") == 3
    assert asked == ["tcp://there:8786"]
    with figures.measure.workers(None) as pool:
        assert isinstance(pool, ProcessPoolExecutor)


def test_a_point_runs_on_one_core_and_no_gpu(monkeypatch):
    devices, threads = [], torch.get_num_threads()
    monkeypatch.setattr(figures.measure.sm, "use_device", devices.append)
    monkeypatch.setitem(EXPERIMENTS, "small", (lambda seed: {"threads": torch.get_num_threads()}, [(0,)], ""))
    try:
        torch.set_num_threads(2)
        assert run("small", Generator(), seed=0) == {"threads": 1}
    finally:
        torch.set_num_threads(threads)
    assert devices == ["cpu"]


def test_a_point_that_trains_several_at_once_gives_a_row_for_each(monkeypatch):
    monkeypatch.setattr(figures.measure.sm, "use_device", lambda name: None)
    monkeypatch.setitem(EXPERIMENTS, "small", (lambda label: [{"seed": 0}, {"seed": 1}], [("a",)], ""))
    table = tidy(pd.DataFrame([point | run("small", Generator(), **point) for point in points_of("small")]))
    assert table.to_dict("list") == {"label": ["a", "a"], "seed": [0, 1]}


def test_an_interrupted_table_goes_on_where_it_was(small):
    small.fails_at = 2
    with pytest.raises(ArithmeticError):
        figures.measure.main()
    assert not (small.folder / "small.csv").exists()
    small.fails_at = None
    figures.measure.main()
    assert small.taken == [0, 1, 2, 2]
    assert [path.name for path in small.folder.iterdir()] == ["small.csv"]
    assert len((small.folder / "small.csv").read_text("utf-8").splitlines()) == 2 + 3


def test_another_state_of_an_experiment_begins_anew(small, monkeypatch):
    small.fails_at = 2
    with pytest.raises(ArithmeticError):
        figures.measure.main()
    monkeypatch.setattr(figures.measure, "fingerprint", lambda function: "another")
    small.fails_at = None
    figures.measure.main()
    assert small.taken == [0, 1, 2, 0, 1, 2]


def test_a_table_that_is_not_there_is_named(small, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["measure.py", "small", "smell"])
    with pytest.raises(SystemExit):
        figures.measure.main()
    said = capsys.readouterr().err
    assert "no table smell: there are latch, " in said
    assert "[table ...]" in said
    assert "usage: make results" in said
    assert small.taken == []


QUICK = ["latch", "units", "clipping", "store_and_recall", "forget_bias", "order", "shared_gates", "must_show"]
QUICK += ["reset_place", "gate_pairs", "update_bias", "copy_100", "two_layers", "wrong_end", "differs_from_next"]
QUICK += ["fillers", "overwritten", "gru_stores", "reset_gate", "two_units", "update_bias_again", "nudged"]
QUICK += ["latch_radius", "diluted", "waveforms", "copied", "folklore", "min_gru", "over_time", "museum"]
QUICK += ["museum_training", "learning_rates", "deeper", "first_right"]
QUICK += ["rolling", "paths", "promises", "scalers", "walks", "pairs"]


@pytest.mark.parametrize("name", QUICK)
def test_a_table_can_still_be_made(name, monkeypatch):
    """Its first point, with two updates: the numbers are nothing, but no name or argument is of yesterday."""
    for module in MODULES:
        for settings in vars(module).values():
            if isinstance(settings, dict) and "steps" in settings:
                monkeypatch.setitem(settings, "steps", 2)
    point = points_of(name)[0]
    found = tidy(pd.DataFrame([point | run(name, Generator(), **point)]))
    stored = load_results(name)
    assert set(found) <= set(stored), "a point may leave cells of the others empty"
    if "seed" in found:
        here = stored[
            [all(said(row[key]) == said(value) for key, value in point.items()) for _, row in stored.iterrows()]
        ]
        assert sorted(found["seed"]) == sorted(here["seed"])


UNFINISHED = {"imdb", "imdb_popular"}  # some of their points are still to be measured


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_stored_table_holds_all_points_and_no_others(name):
    """Those that an experiment was measured at: networks, lags, seeds."""
    table, settings = load_results(name), list(points_of(name)[0])
    held = {tuple(map(said, row)) for row in table[settings].itertuples(index=False)}
    asked = {tuple(map(said, point.values())) for point in points_of(name)}
    assert held <= asked if name in UNFINISHED else held == asked


def said(setting):
    return f"{setting:.5f}" if isinstance(setting, Number) else str(setting)  # as in the file
