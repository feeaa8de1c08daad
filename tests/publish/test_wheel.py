"""A student's machine: the package as it is installed, without this repository, and the student edition."""

import ast
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

from publish import student

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "seqmem_lib"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
QUICK = ["12", "17"]
RUN = """
import sys
import nbformat
from nbclient import NotebookClient
for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    nbformat.write(notebook, path)
"""
FROM_WHERE = """
import sys
[one.__file__ for name, one in sys.modules.items() if name.split(".")[0] == "seqmem_lib"]
"""


def pip(*words):
    subprocess.run([sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *map(str, words)], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built beside the repository, where nothing lies about that was built before."""
    place = tmp_path_factory.mktemp("built")
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, place)
    shutil.copytree(PACKAGE, place / "seqmem_lib", ignore=shutil.ignore_patterns("__pycache__"))
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", place / "dist", place)
    (found,) = (place / "dist").glob("*.whl")
    return found


def test_the_wheel_holds_all_of_the_package(wheel):
    files = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.*") if path.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    assert {Path(name).suffix for name in files} >= {".py", ".js", ".css", ".csv", ".safetensors"}
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert there == files


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The Python of an environment with this wheel and what it needs, in which the repository is not installed."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    here, there = (subprocess.check_output([one, "-c", ask], text=True).strip() for one in (sys.executable, python))
    pip("install", "--no-deps", "--no-index", "--target", there, wheel)
    # The others are where they are here. What .pth files of that folder name, such as this repository, is left out.
    (Path(there) / "needed.pth").write_text(here)
    return python, Path(there)


def test_the_student_edition_runs_without_the_repository(installed, tmp_path):
    """Of the two quickest, one has bugs too, and one has tables and widgets."""
    python, place = installed
    student.build(tmp_path)
    mine = [path for path in sorted(tmp_path.iterdir()) if path.name[:2] in QUICK]
    for path in mine:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(FROM_WHERE))
        nbformat.write(notebook, path)
    elsewhere = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, "-c", RUN, *mine], cwd=tmp_path, env=elsewhere, check=True)
    ran = {path.name[:2]: nbformat.read(path, as_version=4) for path in mine}
    assert [*ran] == QUICK
    for notebook in ran.values():
        files = ast.literal_eval(notebook.cells[-1].outputs[0].data["text/plain"])
        assert len(files) > 20
        assert all(Path(file).is_relative_to(place) for file in files)
    marks = [cell for cell in ran["12"].cells if cell.metadata.get("nbgrader", {}).get("locked")]
    said = ["".join(output.text for output in cell.outputs) for cell in marks]  # in how many pieces is chance
    assert sum(": not yet. " in one for one in said) == 11
    assert sum(one.endswith("not attempted yet.\n") for one in said) == len(said) - 11 == 6


# --- Solutions ------------------------------------------------------------------------------------------------


def named(tree):
    """What has its name from who wrote it: arguments, and what is assigned."""
    nodes = [*ast.walk(tree)]
    stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return stored | {one.arg for one in nodes if isinstance(one, ast.arg)}


def blocks(tree):
    """The statements of each function, branch and loop, as texts without comments; that of a lambda is its return."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Lambda):
            yield [f"return {ast.unparse(one.body)}"]
        elif not isinstance(one, ast.Module | ast.ClassDef):
            for some in (getattr(one, "body", []), getattr(one, "orelse", [])):
                texts = [ast.unparse(each) for each in some if not is_docstring(each)] if isinstance(some, list) else []
                if texts:
                    yield texts


def is_docstring(statement):
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def whatever_it_calls_them(texts, names):
    numbers = {}

    def numbered(found):
        return f"_{numbers.setdefault(found[0], len(numbers))}" if found[0] in names else found[0]

    return re.sub(r"\b[^\W\d]\w*", numbered, "\n".join(texts))


def solutions():
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            if "solution" in cell.metadata.get("tags", []):
                tree = ast.parse(cell.source)
                for one in ast.walk(tree):
                    if isinstance(one, ast.FunctionDef) and one.name != "__init__":
                        yield path.name[:2], one.name, next(blocks(one)), named(tree)


def test_no_solution_stands_in_the_source_of_the_checks():
    """Whatever its names are: a check computes what is right in another way, or it has the numbers."""
    wanted = [
        (f"{where}: {name}", len(texts), whatever_it_calls_them(texts, own)) for where, name, texts, own in solutions()
    ]
    assert len(wanted) > 100
    lengths, found = {length for _, length, _ in wanted}, {}
    for path in (PACKAGE / "course").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = named(tree)
        for texts in blocks(tree):
            for length in lengths:
                for k in range(len(texts) - length + 1):
                    found[whatever_it_calls_them(texts[k : k + length], names)] = path.name
    assert [(name, found[text]) for name, _, text in wanted if text in found] == []
