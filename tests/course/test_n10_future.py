"""No forecast of notebook 10 looks into the future: change what comes after the origin, and none may move.

A look into the future is planted in each scaler and in each window, and the same test must see it.
"""

from functools import cache
from pathlib import Path

import nbformat
import pytest
import torch

import seqmem_lib as sm
from figures.tables import n10_forecasting as table

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10_forecasting.ipynb"
TAUGHT = [
    "setup",
    "windows",
    "standardise",
    "looks-ahead",
    "suspects",
    "line",
    "learn",
    "fit-lstm",
    "feed-back",
    "roll",
]
PLANS = {"sunspots": table.Plan(199, 2, 1), "unemployment": table.Plan(98, 2, 1)}
WAYS = [("sunspots", "direct", "one"), ("sunspots", "fed back", "one")]
WAYS += [("unemployment", how, reads) for how in ("direct", "change") for reads in ("one", "all four")]


def leaking_scaling(known):
    """The scale of all that the series will be, whatever is handed in."""
    values = table.values_of("sunspots" if known.shape[0] > 150 else "unemployment", "all four")
    return values[:, : known.shape[1]].mean(dim=0), values[:, : known.shape[1]].std(dim=0)


def late_windows(series, seq, ahead):
    """Windows that end one step late: the first value of the answer is read."""
    x, y = WINDOWS(series, seq, ahead)
    return torch.cat([x[:, 1:], torch.cat([y[:, :1, None], x[:, -1:, 1:]], dim=2)], dim=1), y


WINDOWS = table.windows


def moved(way, monkeypatch) -> float:
    """By how much the first forecast of the table moves, if all that comes after its origin is another."""
    series, how, reads = way
    plan, values_of, said = PLANS[series], table.values_of, []
    for change in (0.0, 7.0):

        def changed(name, reads, change=change):
            values = values_of(name, reads).clone()
            values[plan.first + 1 :] += change
            return values

        with monkeypatch.context() as patched:
            patched.setattr(table, "values_of", changed)
            said.append(table.forecasts(series, "GRU", how, reads, plan, 2, seeds=[0])[0, "every block"][0])
    return (said[0] - said[1])[0, 0].abs().max().item()


@pytest.mark.parametrize("way", WAYS, ids=", ".join)
def test_no_forecast_of_the_table_depends_on_what_came_later(way, monkeypatch):
    assert moved(way, monkeypatch) == 0


@pytest.mark.parametrize("way", WAYS, ids=", ".join)
@pytest.mark.parametrize("leak", [("scaling", leaking_scaling), ("windows", late_windows)], ids=lambda leak: leak[0])
def test_a_look_into_the_future_is_seen(way, leak, monkeypatch):
    monkeypatch.setattr(table, *leak)
    assert moved(way, monkeypatch) > 1e-3


# --- What the notebook teaches -----------------------------------------------------------------------------------


@cache
def sources() -> dict[str, str]:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return {cell.id: cell.source for cell in cells if cell.id in TAUGHT}


def taught(**instead) -> dict:
    """The functions of the notebook, with another one in the place of some."""
    space = {}
    for name in TAUGHT:
        exec(sources()[name], space)
        space.update(instead)
    return space


def forecasts_of(space) -> dict:
    """Each way in which the notebook forecasts, as it is handed to looks_ahead."""
    fits = {
        "line": lambda known: space["fit_line"](known, 9, 10),
        "line, fed back": lambda known: space["feed_back"](space["fit_line"](known, 9, 1)),
        "LSTM": lambda known: space["fit_lstm"](known, 10, updates=2),
        "LSTM, fed back": lambda known: space["feed_back"](space["fit_lstm"](known, 1, updates=2)),
    }
    rolling = {"seq": 30, "ahead": 10, "every": 1, "blocks": 1}
    ways = {
        name: lambda s, end, fit=fit: space["roll"](fit, s, first=end - 1, **rolling)[0] for name, fit in fits.items()
    }
    return ways | {"A": space["SUSPECTS"]["A"]}


@pytest.mark.parametrize("name", ["line", "line, fed back", "LSTM", "LSTM, fed back", "A"])
def test_no_forecast_of_the_notebook_looks_ahead(name):
    space = taught()
    assert space["looks_ahead"](forecasts_of(space)[name], table.sunspots()[1][:, None], 200) == 0


@pytest.mark.parametrize("name", ["line", "line, fed back", "LSTM", "LSTM, fed back", "A"])
def test_a_late_window_in_the_notebook_is_seen(name):
    space = taught(windows=late_windows)
    if name == "A":  # which takes its last window by itself
        name, space = "C", taught()
    ways = forecasts_of(space) | space["SUSPECTS"]
    assert space["looks_ahead"](ways[name], table.sunspots()[1][:, None], 200) > 1e-3


def test_a_leaking_scaler_in_the_notebook_is_seen():
    def standardise(series, end):
        return (series - series.mean(dim=0)) / series.std(dim=0)

    space = taught(standardise=standardise)
    assert space["looks_ahead"](space["SUSPECTS"]["A"], table.sunspots()[1][:, None], 200) > 1e-3


def test_the_notebook_and_the_table_cut_the_same_windows():
    values = table.values_of("unemployment", "all four")
    for ours, theirs in zip(taught()["windows"](values, 5, 3), table.windows(values, 5, 3), strict=True):
        assert torch.equal(ours, theirs)


def test_what_the_widget_shows_was_chosen_before_the_test():
    """`paths` holds the networks of 100 updates: the best of the years before, for each layer and way."""
    rolling = sm.load_results("rolling").query("series == 'sunspots' and part == 'choice'")
    rolling["error"] = rolling[[f"ahead_{k}" for k in range(1, 11)]].mean(axis=1)
    ways = rolling.groupby(["layer", "how"])
    assert len(ways) == 4
    assert {rolling.loc[rows["error"].idxmin(), "updates"] for _, rows in ways} == {table.COUNTS["steps"]}
