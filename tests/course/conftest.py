import os
from pathlib import Path

import pytest


@pytest.fixture
def cluster(monkeypatch):
    """The executor of a cluster of two processes, which can import these tests and all of the repository."""
    distributed = pytest.importorskip("distributed")
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (here, here.parents[1]))))
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
    options["dashboard_address"] = "127.0.0.1:0"  # any free port: another cluster may run on this machine
    with distributed.LocalCluster(**options) as started, distributed.Client(started) as client:
        yield client.get_executor()
