import importlib
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from filelock import FileLock
from hypothesis import settings

import seqmem_lib

matplotlib.use("agg")
torch.set_num_threads(1)

# The same examples in every run, so that no one's work fails by the luck of a draw; SEQMEM_DRAW=1 draws new ones.
settings.register_profile("seqmem", derandomize=not os.environ.get("SEQMEM_DRAW"), deadline=None, print_blob=True)
settings.load_profile("seqmem")
# Hypothesis takes some of its values from the modules that are loaded, so all of them have to be, before any test.
for module in pkgutil.walk_packages(seqmem_lib.__path__, "seqmem_lib."):
    importlib.import_module(module.name)


def pytest_configure(config):
    """In CI the versions are pinned: there, what one package says of another's future is told early."""
    if in_ci():
        for kind in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
            config.addinivalue_line("filterwarnings", f"error::{kind}")


@pytest.fixture(autouse=True)
def _same_random_numbers():
    torch.default_generator.manual_seed(0)  # torch.manual_seed notes where each GPU was seeded: 1 ms a test


@pytest.fixture(autouse=True)
def _no_axes_of_the_test_before():
    """What is drawn without axes goes on the current ones."""
    yield
    plt.close("all")


@pytest.fixture(params=["heard", "ignored"])
def ctrl_c(request):
    """The first line of a child that is to hear Ctrl-C. A shell may start the tests so that they ignore it, such as
    with `nohup make test &`, and a child would inherit that: both ways are tried."""
    before = signal.getsignal(signal.SIGINT)
    if request.param == "ignored":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory):
    """The site, built once for all tests, whichever of pytest's processes comes first; nobody knows its address. Of the
    Chinese notebooks only 01 is run, and that once for each version of it and of the package: the others have the
    English outputs."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    folder = place / "_site"
    run = ["01_rnn_gradient_decay"]
    build = f"from pathlib import Path\nfrom publish import site\nsite.build(Path({str(folder)!r}), {run})"
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    with FileLock(place / "site.lock"):
        if not folder.exists():
            subprocess.run([sys.executable, "-c", build], cwd=Path(__file__).parents[1], env=elsewhere, check=True)
    return folder


def in_ci() -> bool:
    return bool(os.environ.get("CI"))
