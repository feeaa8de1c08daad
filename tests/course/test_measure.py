"""`make results`: a cluster gives the table that is stored, which one machine made."""

from functools import cache
from numbers import Number

import pandas as pd
import pytest
from torch import Generator

from figures.measure import EXPERIMENTS, MODULES, measure, points_of, run, tidy
from seqmem_lib import load_results


@pytest.mark.filterwarnings("default")  # of the cluster, about memory
def test_a_cluster_gives_the_table_that_is_stored(cluster):
    table = measure("forty_words", points("forty_words")[:3], cluster)
    expected = load_results("forty_words").head(3)
    pd.testing.assert_frame_equal(table[expected.columns], expected, check_exact=False, atol=1e-5)


def test_several_rows_of_a_point_become_rows_of_the_table():
    rows = ['[{"seed": 0, "accuracy": 0.5}, {"seed": 1, "accuracy": 0.25}]', '[{"seed": 0, "accuracy": 1.0}]']
    table = tidy(pd.DataFrame({"label": ["b", "a"], "rows": rows}))
    assert table.to_dict("list") == {"label": ["a", "b", "b"], "seed": [0, 0, 1], "accuracy": [1.0, 0.5, 0.25]}
    plain = pd.DataFrame({"seed": [1], "error": [0.5]})
    assert tidy(plain) is plain


QUICK = ["latch", "units", "clipping", "store_and_recall", "forget_bias", "order", "shared_gates", "must_show"]
QUICK += ["reset_place", "gate_pairs", "update_bias", "copy_100", "two_layers", "wrong_end", "differs_from_next"]
QUICK += ["fillers", "overwritten", "gru_stores", "reset_gate", "two_units", "update_bias_again", "nudged"]
QUICK += ["latch_radius", "diluted", "waveforms", "forecasts", "copied", "folklore", "min_gru", "over_time", "museum"]
QUICK += ["museum_training", "learning_rates", "deeper", "first_right"]
QUICK += ["rolling", "paths", "promises", "scalers", "walks", "pairs"]


@pytest.mark.parametrize("name", QUICK)
def test_a_table_can_still_be_made(name, monkeypatch):
    """Its first point, with two updates: the numbers are nothing, but no name or argument is of yesterday."""
    for module in MODULES:
        for settings in vars(module).values():
            if isinstance(settings, dict) and "steps" in settings:
                monkeypatch.setitem(settings, "steps", 2)
    point = points(name)[0]
    found = tidy(pd.DataFrame([point | run(name, Generator(), **point)]))
    stored = load_results(name)
    assert set(found) <= set(stored), "a point may leave cells of the others empty"
    if "seed" in found:
        here = stored[
            [all(said(row[key]) == said(value) for key, value in point.items()) for _, row in stored.iterrows()]
        ]
        assert sorted(found["seed"]) == sorted(here["seed"])


UNFINISHED = {"imdb", "imdb_popular"}  # some of their points were never measured: each takes hours without a GPU


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_stored_table_holds_all_points_and_no_others(name):
    """Those that an experiment was measured at: networks, lags, seeds."""
    table, settings = load_results(name), list(points(name)[0])
    held = {tuple(map(said, row)) for row in table[settings].itertuples(index=False)}
    asked = {tuple(map(said, point.values())) for point in points(name)}
    assert held <= asked if name in UNFINISHED else held == asked


def said(setting):
    return f"{setting:.5f}" if isinstance(setting, Number) else str(setting)  # as in the file


@cache
def points(name):
    return points_of(name)  # once, because some points are drawn from a generator
