"""`make results`: the same table from this machine and from a cluster; one small table is what is stored."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

from figures.measure import measure, points_of
from seqmem_lib import load_results

ROOT = Path(__file__).parents[2]
FEW = [point for point in points_of("forty_words") if point["seed"] < 4]


def test_a_table_is_what_is_stored(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        table = measure("forty_words", FEW, pool)
    stored = load_results("forty_words")
    expected = stored[stored["seed"] < 4].reset_index(drop=True)
    pd.testing.assert_frame_equal(table[expected.columns], expected, check_exact=False, atol=1e-5)


@pytest.mark.filterwarnings("default")  # of the cluster, about ports and memory
def test_the_same_table_from_a_cluster(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        table = measure("forty_words", FEW, client.get_executor())
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        pd.testing.assert_frame_equal(table, measure("forty_words", FEW, pool), check_exact=True)
