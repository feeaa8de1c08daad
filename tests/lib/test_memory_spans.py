"""How far back a network remembers: the last lag before the first failure."""

import numpy as np
import pandas as pd
import pytest

from seqmem_lib.seeds import memory_spans


def one_seed(accuracies, **columns):
    """The rows of one seed, from {lag: accuracy}."""
    return pd.DataFrame({"lag": list(accuracies), "accuracy": list(accuracies.values()), "seed": 3} | columns)


@pytest.mark.parametrize(
    ("accuracies", "span"),
    [
        ({5: 1, 10: 0.95, 20: 1}, 20),
        ({5: 1, 10: 0.95, 20: 0.3}, 10),
        ({5: 1, 10: 0.3, 20: 1}, 5),
        ({5: 0.3, 10: 1, 20: 1}, 0),
        ({5: 0.3}, 0),
        ({20: 1}, 20),
        ({5: 0.9, 10: 0.89999}, 5),
        ({20: 1, 5: 1, 10: 0.3}, 5),
        ({100: 0.3, 9: 1, 20: 1}, 20),
    ],
    ids=["all", "up to 10", "a gap", "not the shortest", "none", "one", "just enough", "unsorted", "as numbers"],
)
def test_span_is_the_last_lag_before_the_first_failure(accuracies, span):
    spans = memory_spans(one_seed(accuracies))
    assert spans.to_dict("list") == {"seed": [3], "span": [span]}
    assert spans["span"].dtype == "int64"


@pytest.mark.parametrize(("threshold", "span"), [(0, 20), (0.3, 20), (0.5, 10), (0.95, 5), (1, 0)])
def test_threshold_of_a_span(threshold, span):
    assert memory_spans(one_seed({5: 0.96, 10: 0.6, 20: 0.3}), threshold=threshold)["span"].tolist() == [span]


def test_every_label_and_seed_has_a_span_of_its_own():
    """The same seeds under both labels, and other lags; the rows mixed, and with an index that says nothing."""
    tables = [
        one_seed({5: 1, 10: 1, 20: 0}, label="tanh"),
        one_seed({5: 0, 10: 1, 20: 1}, label="tanh", seed=1),
        one_seed({7: 1, 50: 1}, label="relu"),
        one_seed({7: 1, 50: 0.5}, label="relu", seed=1),
    ]
    table = pd.concat(tables).sample(frac=1, random_state=0).assign(index=0, lr=0.01)
    before = table.copy()
    spans = memory_spans(table.set_index("index"))
    assert list(spans.columns) == ["label", "seed", "span"]
    assert {tuple(row) for row in spans.to_numpy().tolist()} == {
        ("tanh", 3, 10),
        ("tanh", 1, 0),
        ("relu", 3, 50),
        ("relu", 1, 7),
    }
    pd.testing.assert_frame_equal(table, before)


def test_spans_come_in_the_order_of_the_table():
    kinds = [(label, seed) for label in ("tanh", "relu", "LSTM") for seed in range(9)]
    table = pd.concat([one_seed({5: 1, 10: 1, 20: 1}, label=label, seed=seed) for label, seed in kinds])
    assert list(memory_spans(table)[["label", "seed"]].itertuples(index=False, name=None)) == kinds


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["lag", "accuracy"], "table lacks seed: it needs the columns lag, accuracy and seed"),
        (["label", "seed"], "table lacks lag, accuracy: it needs"),
    ],
)
def test_missing_columns_are_named(columns, message):
    with pytest.raises(ValueError, match=message):
        memory_spans(one_seed({5: 1}, label="tanh")[columns])


def test_two_rows_of_one_model_have_no_span():
    """Such as two learning rates under one label, as in the table of figures/measure.py."""
    twice = pd.concat([one_seed({5: 1, 10: 1}, lr=0.01), one_seed({5: 1, 10: 0.3}, lr=0.001)])
    with pytest.raises(ValueError, match="table has two rows of the same lag, seed"):
        memory_spans(twice)


def test_gaps_in_a_label_are_named():
    with pytest.raises(ValueError, match="table has gaps in label"):
        memory_spans(pd.concat([one_seed({5: 1}, label="tanh"), one_seed({5: 1}, label=None)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table[:0], "table lacks rows"),
        (lambda table: table.assign(accuracy=90.0), "must be from 0 to 1: divide percentages by 100"),
        (lambda table: table.assign(accuracy=np.nan), "must be from 0 to 1"),
    ],
)
def test_other_tables_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        memory_spans(change(one_seed({5: 1}, label="tanh")))


RUNS = one_seed({5: 1, 10: 0.5}, label="tanh")


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        ([1, 2], TypeError, r"^table is of type list: pass a pandas\.DataFrame$"),
        (pd.concat([RUNS, RUNS[["lag"]]], axis=1), ValueError, "^table has two columns of the same name: drop one$"),
        (RUNS.assign(label=None), ValueError, "^table has gaps in label, lag, seed: fill them, or drop those rows$"),
        (RUNS.assign(lag=[5, np.inf]), TypeError, "^table must have finite numbers in the columns lag and accuracy"),
        (RUNS.assign(accuracy="1"), TypeError, "^table must have finite numbers in the columns lag and accuracy"),
        (RUNS.assign(seed=[(1,), (1,)]), TypeError, "^table must have numbers or texts in label, lag, seed: convert"),
        (RUNS.assign(accuracy=1.5), ValueError, "must be from 0 to 1"),
    ],
    ids=["a list", "two columns", "gaps", "infinite", "texts", "tuples", "more than all"],
)
def test_each_fault_of_a_table_is_named(table, error, message):
    with pytest.raises(error, match=message):
        memory_spans(table)


def test_a_threshold_is_a_share():
    with pytest.raises(ValueError, match=r"^threshold\b"):
        memory_spans(RUNS, threshold=1.5)
    assert memory_spans(RUNS, threshold=1)["span"].tolist() == [5]
