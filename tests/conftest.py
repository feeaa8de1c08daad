import importlib
import os
import pkgutil
import signal

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
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
    torch.manual_seed(0)


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


def in_ci() -> bool:
    return bool(os.environ.get("CI"))
