"""What pip, conda and Binder will install, without conda, docker or a channel."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import make

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "environment.yml", ROOT / "binder" / "environment.yml"]
every = pytest.mark.parametrize("path", FILES, ids=["root", "binder"])
ELSEWHERE = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def dependencies(path):
    return yaml.safe_load(path.read_text("utf-8"))["dependencies"]


def on(python):
    """What a marker asks of a Python, such as "3.12"."""
    return {"python_version": python, "python_full_version": f"{python}.0"}


def needed(python):
    """The names of all packages that the project needs on a Python, those of its tests and of its packages included,
    as far as the packages installed here can tell."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    installed = {canonicalize_name(one.name) for one in metadata.distributions()}
    found, open_ones = set(), [*project["dependencies"], *project["optional-dependencies"]["test"]]
    while open_ones:
        requirement = Requirement(open_ones.pop())
        name = canonicalize_name(requirement.name)
        if (name, *requirement.extras) in found:
            continue
        found.add((name, *requirement.extras))
        for text in (name in installed and metadata.requires(name)) or []:
            marker, extras = Requirement(text).marker, ("", *requirement.extras)
            if marker is None or any(marker.evaluate({"extra": extra, **on(python)}) for extra in extras):
                open_ones.append(text)
    return {name for name, *_ in found} - {"pip", "setuptools", "wheel"}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_everything_that_is_installed_is_pinned(python):
    """What is missing here comes in whatever version is the newest on that day. A pin may be meant for some Pythons
    only, so each is asked."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    pins = list(map(Requirement, lines))
    here = {canonicalize_name(pin.name): pin.specifier for pin in pins if pin.marker is None or pin.marker.evaluate()}
    installed = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    others = {name for name in installed.keys() & here.keys() if not here[name].contains(installed[name])}
    if others and not os.environ.get("CI"):
        pytest.skip(f"this environment was not installed with constraints.txt: {', '.join(sorted(others))}")
    assert not others
    pinned = {canonicalize_name(pin.name) for pin in pins if pin.marker is None or pin.marker.evaluate(on(python))}
    assert needed(python) <= pinned


def test_files_are_generated_from_pyproject():
    command = [sys.executable, ROOT / "binder" / "generate.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@every
def test_every_dependency_is_there_and_has_a_reason(path):
    from rattler import MatchSpec

    conda = {}
    for text in dependencies(path):
        spec = MatchSpec(text, strict=True)
        conda[spec.name.normalized] = spec.version
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    for requirement in requirements:
        name, version = re.fullmatch(r"([\w.-]+)(.*)", requirement).groups()
        assert conda.pop(ELSEWHERE.get(name, name)) == version
    assert set(conda) == {"python", "pip"}, "nothing else belongs there"
    lines = path.read_text("utf-8").split("dependencies:\n")[1].splitlines()
    assert all(re.search(r"  - \S+ # \w", line) for line in lines)


@every
def test_python_is_pinned_to_a_supported_version(path):
    (python,) = [text for text in dependencies(path) if text.startswith("python=")]
    minor = int(re.fullmatch(r"python=3\.(\d+)", python)[1])
    assert minor >= 11


@pytest.mark.skipif(sys.platform == "win32", reason="repo2docker does not run on Windows; Linux and macOS check this")
def test_binder_builds_what_we_mean(tmp_path):
    """repo2docker renders the Dockerfile that Binder would build."""
    shutil.copytree(ROOT / "binder", tmp_path / "binder")
    command = [Path(sys.executable).parent / "jupyter-repo2docker", "--no-build", "--debug", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    rendered = result.stdout + result.stderr
    assert result.returncode == 0, rendered
    assert "Building conda environment for python=3.12" in rendered
    steps = [
        r"env update -p \$\{NB_PYTHON_PREFIX\} --file \"binder/environment.yml\"",
        r"^RUN \./binder/postBuild$",
        r"^ENV R2D_ENTRYPOINT=\"\$\{REPO_DIR\}/binder/start\"$",
    ]
    positions = [re.search(step, rendered, re.MULTILINE).start() for step in steps]
    assert positions == sorted(positions)
    assert "requirements.txt" not in rendered, "nothing may be installed beside the environment"


def test_binder_scripts():
    post_build = (ROOT / "binder" / "postBuild").read_text("utf-8").splitlines()
    assert post_build[0].startswith("#!")
    assert post_build[1] == "set -e"
    assert "pip install --no-deps -e ." in post_build
    start = (ROOT / "binder" / "start").read_text("utf-8").splitlines()
    assert "export OMP_NUM_THREADS=1" in start
    assert start[-1] == 'exec "$@"'
    assert b"\r" not in (ROOT / "binder" / "start").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(("file", "there"), [("environment.yml", True), ("pinned.yml", False)])
def test_binder_installs_what_is_tested_where_nothing_is_pinned_yet(file, there, tmp_path):
    """Where environment.yml has brought the packages, none is installed again; pinned.yml brings Python alone."""
    needs = [re.match(r"[\w-]+", text)[0] for text in dependencies(ROOT / "binder" / file)]
    assert ("pytorch-cpu" in needs) == there
    assert there or needs == ["python", "pip"]
    for name, status in {"pip": 0, "jupyter": 0, "python": 0 if there else 1}.items():
        stub = tmp_path / name
        stub.write_text(f'#!/bin/bash\necho "{name} $*" >> "{tmp_path}/said"\nexit {status}\n', "utf-8")
        stub.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", ROOT / "binder" / "postBuild"], cwd=ROOT, env=os.environ | {"PATH": path}, check=True)
    said = [line for line in (tmp_path / "said").read_text("utf-8").splitlines() if line.startswith("pip")]
    index = f"--extra-index-url {make.CPU_TORCH}"
    pinned = [
        f"pip install --no-deps --constraint constraints.txt {index} torch",
        "pip install --constraint constraints.txt .",
    ]
    assert said == [*([] if there else pinned), "pip install --no-deps -e ."]


def test_the_page_for_teachers_installs_the_same():
    page = (ROOT / "notebooks" / "README.md").read_text("utf-8")
    assert f"--constraint constraints.txt --extra-index-url {make.CPU_TORCH} torch\n" in page
    assert "\npip install --constraint constraints.txt --editable .\n" in page


@pytest.mark.parametrize("option", ["MappingKernelManager", "ServerApp"])
def test_what_ends_idle_kernels_is_called_so(option):
    """A setting with a wrong name is ignored without a word."""
    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

    page = (ROOT / "notebooks" / "README.md").read_text("utf-8")
    traits = {"MappingKernelManager": AsyncMappingKernelManager, "ServerApp": ServerApp}[option].class_traits(
        config=True
    )
    named = re.findall(rf"^c\.{option}\.(\w+) =", page, re.MULTILINE)
    assert named
    assert set(named) <= set(traits)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_start_hands_over():
    command = [
        "bash",
        ROOT / "binder" / "start",
        sys.executable,
        "-c",
        "import os; print(os.environ['OMP_NUM_THREADS'])",
    ]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "1"
