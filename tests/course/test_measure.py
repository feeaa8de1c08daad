"""`make results`: a cluster gives the table that is stored, which one machine made."""

from pathlib import Path

import pandas as pd
import pytest

from figures.measure import measure, points_of, tidy
from seqmem_lib import load_results

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings("default")  # of the cluster, about ports and memory
def test_a_cluster_gives_the_table_that_is_stored(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    few = points_of("forty_words")[:3]
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        table = measure("forty_words", few, client.get_executor())
    expected = load_results("forty_words").head(3)
    pd.testing.assert_frame_equal(table[expected.columns], expected, check_exact=False, atol=1e-5)


def test_several_rows_of_a_point_become_rows_of_the_table():
    rows = ['[{"seed": 0, "accuracy": 0.5}, {"seed": 1, "accuracy": 0.25}]', '[{"seed": 0, "accuracy": 1.0}]']
    table = tidy(pd.DataFrame({"label": ["b", "a"], "rows": rows}))
    assert table.to_dict("list") == {"label": ["a", "b", "b"], "seed": [0, 0, 1], "accuracy": [1.0, 0.5, 0.25]}
    plain = pd.DataFrame({"seed": [1], "error": [0.5]})
    assert tidy(plain) is plain
