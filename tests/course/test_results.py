"""The stored tables of seqmem_lib/course/results: how they were measured, and that they are whole."""

import ast
import os
from pathlib import Path

import pandas as pd
import pytest
from stored import assert_as_stored
from torch import nn

from figures.measure import write_table
from seqmem_lib import load_results
from seqmem_lib.course.n04_comparison.networks import NETWORKS, task_of
from seqmem_lib.course.results import RESULTS

ROOT = Path(__file__).parents[2]
TABLES = sorted({path.stem for path in RESULTS.glob("*.csv")} - {"claims"})  # which test_claims.py is about
FEWER_SEEDS = {
    "tuning": 2,  # learning rates are chosen on two seeds of their own
    "matched_tuning": 2,
    "imdb": 3,  # a quarter of an hour for each of the largest
    "imdb_popular": 3,
}


def test_a_table_is_read_without_its_first_line():
    """How each was made, and that it is whole, the tests below say."""
    assert list(load_results("copy_100")) == ["label", "lr", "seed", "loss"]


def test_unknown_results():
    with pytest.raises(FileNotFoundError, match=r"'none' is not one of the tables, which are .*'store_and_recall'"):
        load_results("none")


def test_there_are_tables():
    assert len(TABLES) > 15


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_how_it_was_measured(name):
    first = (RESULTS / f"{name}.csv").read_text("utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert "torch 2." in first
    table = load_results(name)
    assert not table.empty
    assert not table.duplicated().any()


@pytest.mark.parametrize("name", TABLES)
def test_every_setting_has_at_least_ten_seeds(name):
    table = load_results(name)
    if "seed" not in table:
        return  # times, which have no seed
    settings = [
        "label",
        "loss",
        "hidden_size",
        "contest",
        "length",
        "tested",
        "lag",
        "lr",
        "max_norm",
        "variant",
        "pitfall",
        "state",
        "distance",
        "network",
        "layers",
        "training",
        "task",
        "folklore",
        "decoder",
        "trained_to",
        "model",
        "positions",
        "pronoun",
    ]
    keys = [column for column in settings if column in table]
    if "loss" in keys and table["loss"].dtype == float:
        keys.remove("loss")  # a result, and not the name of one
    seeds = table.groupby(keys)["seed"].nunique() if keys else [table["seed"].nunique()]
    assert min(seeds) >= FEWER_SEEDS.get(name, 10)


def test_the_comparison_is_complete_and_its_seeds_were_not_tuned_on():
    spans = load_results("spans")
    memory = ["latch", "temporal order", "adding", "copy"]
    assert set(map(tuple, spans[["contest", "label"]].to_numpy())) == {(c, n) for c in memory for n in NETWORKS}
    assert len(spans) == 4 * len(NETWORKS) * 4 * 10
    assert not set(spans["seed"]) & set(load_results("tuning")["seed"])


def test_what_was_tried_at_80_steps_holds_the_rate_that_was_chosen_at_40():
    """So that the best of them is never worse than the first choice; and from the same ten seeds."""
    spans, rates = load_results("spans").query("length == 80"), load_results("rates")
    for (contest, label), group in rates.groupby(["contest", "label"]):
        first = spans[(spans["contest"] == contest) & (spans["label"] == label)]
        again = group[group["lr"] == first["lr"].iloc[0]]
        pd.testing.assert_frame_equal(again.reset_index(drop=True), first.reset_index(drop=True), atol=2e-3)
        assert group.groupby("lr")["seed"].apply(sorted).map(tuple).nunique() == 1


def test_matched_networks_have_as_many_parameters():
    for contest, label, units in (
        load_results("matched")[["contest", "label", "hidden_size"]].drop_duplicates().to_numpy()
    ):
        inputs = task_of(contest, 20).input_size

        def count(kind, size, inputs=inputs):
            return sum(parameter.numel() for parameter in kind(inputs, size, device="meta").parameters())

        kind, wanted = NETWORKS[label][0], count(nn.LSTM, 32)
        off = {size: abs(count(kind, size) - wanted) for size in range(units - 3, units + 4)}
        assert off[units] == min(off.values())


def test_a_table_is_written_with_the_same_bytes_everywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "linesep", "\r\n")  # as on Windows; pandas reads it
    write_table(tmp_path / "one.csv", "about it", pd.DataFrame({"seed": [0, 1], "loss": [0.5, 1 / 3]}))
    assert (tmp_path / "one.csv").read_bytes() == b"# about it\nseed,loss\n0,0.50000\n1,0.33333\n"


WRITTEN = [path for folder in ("figures", "publish", "binder") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "tests" / "bench.py"], ids=lambda path: path.name)
def test_a_text_that_is_kept_names_its_end_of_line(path):
    """Or else it would be another on Windows, where files that are committed or published are made too."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    writing = [call for call in calls if ast.unparse(call.func).endswith(".write_text")]
    writing += [call for call in calls if ast.unparse(call.func) == "open" and any(map(is_text_mode, call.args[1:2]))]
    for call in writing:
        assert "newline" in {keyword.arg for keyword in call.keywords}, ast.unparse(call)


def is_text_mode(mode):
    return isinstance(mode, ast.Constant) and "w" in mode.value and "b" not in mode.value


@pytest.mark.parametrize(
    ("notebook", "cell"),
    [
        ("02", "learn-bias-figure"),
        ("03", "spans-figure"),
        ("04", "lengths-explorer"),
        ("07", "reader"),
        ("09", "costs-table"),
        ("10", "spots"),
        ("10", "economy"),
        ("11", "rate-lines"),
        ("12", "costs-picture"),
        ("13", "repairs"),
        ("14", "timing"),
    ],
)
def test_a_picture_in_a_notebook_shows_the_table_of_today(notebook, cell):
    assert_as_stored(notebook, cell)
