"""make.py: setting up, and what happens when it goes wrong. Nothing is installed here; CI does that for real."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import make

ROOT = Path(__file__).parent.parent


class FakeMachine:
    """A folder of its own for make.py, where commands are noted and not run."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.commands, self.failing, self.torch = folder, [], None, "2.13.0+cpu"
        folder.mkdir()
        for name in ("pyproject.toml", "constraints.txt", "make.py"):
            (folder / name).write_bytes((ROOT / name).read_bytes())
        venv = folder / ".venv"
        monkeypatch.setattr(make, "ROOT", str(folder))
        monkeypatch.setattr(make, "VENV", str(venv))
        monkeypatch.setattr(make, "PYTHON", str(venv / "python"))
        monkeypatch.setattr(make, "run", self.run)
        monkeypatch.setattr(make, "has_nvidia_gpu", lambda: False)
        monkeypatch.setattr(make.subprocess, "check_output", lambda *_, **__: self.torch.encode())

    def run(self, *command, **options):
        self.commands.append(command)
        if "venv" in command:
            (self.folder / ".venv").mkdir(exist_ok=True)
            (self.folder / ".venv" / "python").touch()
        return 1 if self.failing in command else 0

    def set_up(self, extra="test"):
        """The commands that one set-up ran."""
        self.commands.clear()
        make.set_up(extra)
        return list(self.commands)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return FakeMachine(tmp_path / "a path with 汉字", monkeypatch)


def test_first_run_installs_and_second_run_does_nothing(machine, capsys):
    venv, torch, rest, *_ = machine.set_up()
    assert "--clear" in venv
    assert torch[-1] == "torch"
    assert rest[-1] == ".[test]"
    assert all(command[command.index("-c") + 1] == "constraints.txt" for command in (torch, rest))
    assert "the CPU build of PyTorch, 2.13.0+cpu" in capsys.readouterr().out or sys.platform != "linux"
    assert machine.set_up() == []
    assert machine.set_up("lab") == [], "what tests need includes what the lab needs"


def test_lab_then_test_adds_to_the_same_environment(machine):
    assert machine.set_up("lab")[2][-1] == "."
    venv, _, rest, *_ = machine.set_up("test")
    assert "--clear" not in venv
    assert rest[-1] == ".[test]"
    assert machine.set_up("lab") == []


@pytest.mark.parametrize("step", ["venv", "torch", ".[test]"])
def test_an_interrupted_installation_is_redone(machine, step):
    machine.failing = step
    with pytest.raises(SystemExit, match="seqmem: "):
        make.set_up("test")
    machine.failing = None
    assert "--clear" in machine.set_up()[0]
    assert machine.set_up() == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_requirement_is_installed(machine, name):
    machine.set_up()
    with open(machine.folder / name, "a") as file:
        file.write("# changed\n")
    assert machine.set_up()[2][-1] == ".[test]"
    assert machine.set_up() == []


def test_another_python_or_folder_begins_anew(machine, monkeypatch):
    machine.set_up()
    monkeypatch.setattr(make.sys, "version", "3.99")
    assert "--clear" in machine.set_up()[0]
    assert machine.set_up() == []


def test_figures_do_not_depend_on_the_user(tmp_path):
    """A style of the user's own, or a list of fonts that are gone, would change figures and print warnings."""
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9")
    child = "import matplotlib; print(matplotlib.rcParams['lines.linewidth'], flush=True)"
    script = f"import make, sys\nmake.run(sys.executable, '-c', {child!r})"
    own = {**os.environ, "MPLCONFIGDIR": str(tmp_path)}
    seen = [
        subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=own).decode().strip()
        for code in (child, script)
    ]
    assert seen == ["9.0", "1.5"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
def test_ctrl_c_waits_for_the_child():
    """A child that puts its things away when interrupted must be given the time to."""
    child = "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: time.sleep(1); print('put away', flush=True)"
    script = f"import make, sys\nmake.run(sys.executable, '-c', {child!r})"
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    time.sleep(1)
    os.killpg(parent.pid, signal.SIGINT)
    output, _ = parent.communicate(timeout=30)
    assert output == b"put away\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two builds to choose from")
def test_which_build_of_torch(machine, monkeypatch, capsys):
    machine.torch = "2.13.0"
    torch = machine.set_up()[1]
    assert make.CPU_TORCH in torch
    assert "--no-deps" in torch
    assert "was not to be had; this is 2.13.0" in capsys.readouterr().out
    (machine.folder / ".venv" / "installed-lab").unlink()
    (machine.folder / ".venv" / "installed-test").unlink()
    monkeypatch.setattr(make, "has_nvidia_gpu", lambda: True)
    torch = machine.set_up()[1]
    assert make.CPU_TORCH not in torch
    assert "this is PyTorch 2.13.0" in capsys.readouterr().out


def test_old_python_gets_one_line(monkeypatch):
    monkeypatch.setattr(make.sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"seqmem: this needs Python 3\.11 or newer, not 3\.10; .*") as stop:
        make.main(["lab"])
    assert "\n" not in stop.value.code


def test_old_python_can_read_it():
    ast.parse((ROOT / "make.py").read_text("utf-8"), feature_version=(3, 4))


def test_unknown_target():
    with pytest.raises(SystemExit, match=r"say what to do: python make\.py lab\|test"):
        make.main(["labs"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no make; the README gives make.py")
def test_makefile_knows_every_target():
    for target in make.TARGETS:
        command = ["make", "-n", "--no-print-directory", target]
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert shown.split()[1:3] == ["make.py", target]


def test_lab_listens_on_loopback_only(machine):
    make.lab(["--no-browser"])
    (command,) = machine.commands
    assert "--ServerApp.ip=127.0.0.1" in command
    assert command[-1] == "--no-browser"
    assert not any("token" in part for part in command), "Jupyter's own token stays on"


def test_a_failed_check_fails_the_run(machine, capsys):
    machine.failing = "--nbval"
    assert make.test([]) == 1
    assert "FAILED: notebooks" in capsys.readouterr().out
    machine.failing = None
    assert make.test([]) == 0
    ran = " ".join(part for command in machine.commands for part in map(str, command))
    for check in ("ruff check", "ruff format --check", "pytest", "--test", "--nbval"):
        assert check in ran


def test_missing_node_fails_in_ci_only(machine, monkeypatch):
    monkeypatch.setattr(make.shutil, "which", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    assert make.test([]) == 0
    monkeypatch.setenv("CI", "true")
    assert make.test([]) == 1
