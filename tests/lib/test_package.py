"""The package as a whole: what it exports, and how fast it starts."""

import inspect
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

import seqmem_lib
from seqmem_lib import course, tasks


def test_import_is_quick_and_without_torch():
    script = (
        "import time; start = time.perf_counter(); import seqmem_lib; seconds = time.perf_counter() - start\n"
        "import sys; print(seconds, 'torch' in sys.modules, 'matplotlib' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, torch, matplotlib = result.stdout.split()
    assert (torch, matplotlib) == ("False", "False")
    assert float(seconds) < 0.2


def named() -> dict[str, object]:
    """What people call: name -> what it is, of the package, of its tasks, and of the rooms of the course."""
    found = {name: getattr(seqmem_lib, name) for name in seqmem_lib.__all__}
    found |= {f"tasks.{name}": getattr(tasks, name) for name in tasks.__all__}
    for module in pkgutil.walk_packages(course.__path__, course.__name__ + "."):
        for name, value in vars(import_module(module.name)).items():
            if not name.startswith("_") and getattr(value, "__module__", None) == module.name:
                found[f"{module.name.removeprefix('seqmem_lib.')}.{name}"] = value
    return found


@pytest.mark.parametrize(("name", "value"), named().items(), ids=named())
def test_every_public_name_is_there_and_documented(name, value):
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__.startswith("seqmem_lib.")
        assert inspect.getdoc(value)


def test_unknown_name():
    with pytest.raises(AttributeError, match="has no attribute 'Scruber'"):
        _ = seqmem_lib.Scruber


def test_nothing_is_read_or_written_with_pickle():
    """A pickle runs code when it is read. Weights and traces are safetensors, tables CSV."""
    root = Path(seqmem_lib.__file__).parent.parent
    sources = {
        path: path.read_text("utf-8") for folder in ("seqmem_lib", "figures") for path in (root / folder).rglob("*.py")
    }
    for path in (root / "notebooks").rglob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources[path] = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert len(sources) > 50
    for path, source in sources.items():
        assert not re.search(
            r"import pickle|joblib|torch\.(load|save)\(|\bread_pickle|\bto_pickle|allow_pickle", source
        ), path
