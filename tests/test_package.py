"""The package as a whole: what it exports, and how fast it starts."""

import inspect
import subprocess
import sys

import pytest

import seqmem_lib


def test_import_is_quick_and_without_torch():
    script = (
        "import time; start = time.perf_counter(); import seqmem_lib; seconds = time.perf_counter() - start\n"
        "import sys; print(seconds, 'torch' in sys.modules, 'matplotlib' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, torch, matplotlib = result.stdout.split()
    assert (torch, matplotlib) == ("False", "False")
    assert float(seconds) < 0.2


@pytest.mark.parametrize("name", seqmem_lib.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(seqmem_lib, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__.startswith("seqmem_lib.")
        assert inspect.getdoc(value)


def test_unknown_name():
    with pytest.raises(AttributeError, match="has no attribute 'Scruber'"):
        _ = seqmem_lib.Scruber
