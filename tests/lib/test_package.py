"""The package as a whole: what it exports, and how fast it starts."""

import inspect
import os
import pkgutil
import re
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqmem_lib
from seqmem_lib import course, tasks


def test_import_is_quick_and_without_torch():
    """Quick in the processor's time, which does not grow when the machine has other work."""
    script = (
        "import time; start = time.process_time(); import seqmem_lib; seconds = time.process_time() - start\n"
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


def test_examples_are_the_same_in_every_run():
    """Unless SEQMEM_DRAW=1 asks for new ones."""

    def drawn():
        seen = []

        @given(st.floats())
        def note(value):
            seen.append(repr(value))

        note()
        return seen

    assert settings.default.derandomize != bool(os.environ.get("SEQMEM_DRAW"))
    assert (drawn() == drawn()) == settings.default.derandomize


@pytest.mark.parametrize("kind", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
def test_what_packages_say_of_each_other_breaks_nothing(kind):
    """They are newer than those that we know; but our own lines, and what is pinned for CI, must be in order."""

    def warn(module):
        warnings.warn_explicit("this is no longer done", kind, "file.py", 1, module=module)

    with pytest.raises(kind):
        warn("seqmem_lib.cells")
    with pytest.raises(kind):
        warnings.warn("this is no longer done", kind, stacklevel=1)
    with pytest.raises(kind) if os.environ.get("CI") else pytest.warns(kind):
        warn("matplotlib.rcsetup")


def test_a_kernel_can_be_started_on_windows():
    """Where pyzmq warns like this, each time."""
    said = (
        "Proactor event loop does not implement add_reader family of methods required for zmq. Registering an "
        "additional selector thread for add_reader support via tornado. Use "
        "`asyncio.set_event_loop_policy(WindowsSelectorEventLoopPolicy())` to avoid this warning."
    )
    warnings.warn(said, RuntimeWarning, stacklevel=1)


def test_the_tasks_are_there_without_an_import_of_their_own(monkeypatch):
    """Which would set the name, and nobody would be asked for it."""
    monkeypatch.delattr(seqmem_lib, "tasks")
    assert seqmem_lib.tasks is tasks


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
