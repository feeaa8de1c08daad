"""make.py: setting up, and what happens when it goes wrong. Nothing is installed here; CI does that for real."""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from pip._internal.commands import create_command

import make
from tests import every

ROOT = Path(__file__).parent.parent


class FakeMachine:
    """A folder of its own for make.py, where commands are noted and not run."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.commands, self.failing, self.torch = folder, [], None, "2.13.0+cpu"
        self.quiet = []  # those commands that were to say nothing
        folder.mkdir()
        for name in ("pyproject.toml", "constraints.txt", "make.py"):
            (folder / name).write_bytes((ROOT / name).read_bytes())
        venv = folder / ".venv"
        monkeypatch.setattr(make, "ROOT", str(folder))
        monkeypatch.setattr(make, "VENV", str(venv))
        monkeypatch.setattr(make, "PYTHON", str(venv / "python"))
        monkeypatch.setattr(make, "run", self.run)
        monkeypatch.setattr(make, "why_no_gpu", lambda: "no NVIDIA GPU found")
        monkeypatch.setattr(make.subprocess, "check_output", lambda *_, **__: self.torch.encode())

    def run(self, *command, **options):
        self.commands.append(command)
        self.quiet += [command] if options.get("quiet") else []
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


def asked_of_pip(command):
    """The options and the packages that pip itself finds in a command of make.py."""
    assert command[:4] == (make.PYTHON, "-m", "pip", "install")
    return create_command("install").parse_args(list(command[4:]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two builds to choose from")
def test_pip_is_asked_for_torch_alone_and_then_for_the_rest(machine):
    venv, *pips, _, _ = machine.set_up("lab")
    assert venv == (sys.executable, "-m", "venv", make.VENV, "--clear")
    (torch, torches), (rest, packages) = map(asked_of_pip, pips)
    assert (torches, torch.extra_index_urls[-1], torch.ignore_dependencies) == (["torch"], make.CPU_TORCH, True)
    assert torch.retries < rest.retries, "an index that cannot be reached is no reason to wait"
    assert (packages, rest.editables, rest.ignore_dependencies) == ([], ["."], False)
    assert make.CPU_TORCH not in rest.extra_index_urls, "the other index must serve torch alone"
    assert torch.quiet < rest.quiet, "what takes minutes shows how far it is"
    for options in (torch, rest):
        assert (options.constraints[-1], options.disable_pip_version_check) == ("constraints.txt", True)


def test_what_its_own_python_says_of_torch_is_what_is_told(machine, monkeypatch):
    """As metadata, because to import it would take seconds."""
    asked = []

    def answer(command, **options):
        asked.append((command, options))
        return b"2.13.0\n"

    monkeypatch.setattr(make.subprocess, "check_output", answer)
    machine.set_up()
    (([python, flag, script], options),) = asked
    assert (python, flag, options["cwd"]) == (make.PYTHON, "-c", make.ROOT)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == metadata.version("torch")


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


@pytest.mark.parametrize("extra", ["lab", "test"])
@pytest.mark.parametrize("step", ["torch", "-e"])
def test_what_was_interrupted_is_redone_though_all_is_as_it_was_before(machine, extra, step):
    """A newer version was begun, and left again: what is installed now is neither."""
    machine.set_up(extra)
    with open(machine.folder / "pyproject.toml", "a") as file:
        file.write("# newer\n")
    machine.failing = step
    with pytest.raises(SystemExit):
        machine.set_up(extra)
    (machine.folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    machine.failing = None
    assert "--clear" in machine.set_up(extra)[0]


def test_an_environment_whose_python_is_gone_begins_anew(machine):
    """As after an update of the system that took it away."""
    machine.set_up()
    Path(make.PYTHON).unlink()
    assert "--clear" in machine.set_up()[0]
    assert machine.set_up() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has an advice of its own")
def test_each_failure_says_what_helps(machine):
    said = {}
    for machine.failing in ("venv", "torch", "-e"):
        with pytest.raises(SystemExit) as stop:
            machine.set_up("lab")
        said[machine.failing] = stop.value.code
    assert {step: "apt install python3-venv" in text for step, text in said.items()} == {
        "venv": True,
        "torch": False,
        "-e": False,
    }
    assert all(said[step].endswith("run the same command again to retry.") for step in ("torch", "-e"))


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_requirement_is_installed(machine, name):
    machine.set_up()
    with open(machine.folder / name, "a") as file:
        file.write("# changed\n")
    venv, _, rest, *_ = machine.set_up()
    assert "--clear" not in venv
    assert rest[-1] == ".[test]"
    assert machine.set_up() == []


def test_another_python_begins_anew(machine, monkeypatch):
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
def test_ctrl_c_waits_for_the_child(ctrl_c):
    """A child that asks back when interrupted, and puts its things away the second time, must be given the time to. It
    sleeps in short steps: Python 3.14 does not look for a signal when a call with keywords ends, and one sent at
    `at work` could wait a sleep long. It ends of itself, so that a Ctrl-C it never hears leaves nothing behind."""
    wait = "for _ in range(3000): time.sleep(0.1)"
    child = f"""
import time
try:
    print("at work", flush=True)
    {wait}
except KeyboardInterrupt:
    try:
        print("really?", flush=True)
        {wait}
    except KeyboardInterrupt:
        time.sleep(0.7)
        print("put away", flush=True)
"""
    script = f"{ctrl_c}import make, sys\ntry: make.run(sys.executable, '-c', {child!r})\n"
    script += "except KeyboardInterrupt: print('over')"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as parent:
        for said in (b"at work\n", b"really?\n"):
            assert parent.stdout.readline() == said
            os.killpg(parent.pid, signal.SIGINT)
        assert parent.stdout.read() == b"put away\nover\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two builds to choose from")
def test_which_build_of_torch(machine, monkeypatch, capsys):
    machine.torch = "2.13.0"
    torch = machine.set_up()[1]
    assert make.CPU_TORCH in torch
    assert "--no-deps" in torch
    assert "was not to be had; this is 2.13.0" in capsys.readouterr().out
    (machine.folder / ".venv" / "installed-lab").unlink()
    (machine.folder / ".venv" / "installed-test").unlink()
    monkeypatch.setattr(make, "why_no_gpu", lambda: "")
    torch = machine.set_up()[1]
    assert make.CPU_TORCH not in torch
    assert "this is PyTorch 2.13.0" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script plays nvidia-smi")
@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (None, "no NVIDIA GPU found"),
        (("-L) exit 9;;",), "no NVIDIA GPU found"),
        (("-L) echo GPU 0; echo noise >&2;;", "*) echo 580.65.06, 9.0;;"), ""),
        (("-L) ;;", "*) echo 590.10, 6.1; echo 590.10, 7.5;;"), ""),
        (("-L) ;;", "*) echo 590.10, 6.1;;"), "PyTorch no longer supports a GPU as old as this one"),
        (("-L) ;;", "*) echo 535.183.01, 8.6;;"), "the NVIDIA driver is older than 580, which PyTorch needs"),
        (("-L) ;;", "*) echo Field compute_cap is not a valid field; exit 2;;"), "the NVIDIA driver is older"),
        (("-L) ;;", "*) ;;"), "the NVIDIA driver is older"),
    ],
)
def test_a_gpu_counts_if_pytorch_can_use_it(answers, why, tmp_path, monkeypatch, capfd):
    if answers:
        program = tmp_path / "nvidia-smi"
        asked = f'echo "$*" > {tmp_path / "asked"}'
        program.write_text(f"#!/bin/sh\n{asked}\ncase $1 in\n" + "\n".join(answers) + "\nesac\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make.why_no_gpu().startswith(why)
    assert bool(make.why_no_gpu()) == bool(why)
    assert capfd.readouterr() == ("", ""), "it looks, and says nothing"
    if "GPU" not in why or "old" in why:  # there is one, so it was asked in the words of `nvidia-smi --help`
        words = (tmp_path / "asked").read_text().split()
        assert words == ["--query-gpu=driver_version,compute_cap", "--format=csv,noheader"]


def test_the_oldest_driver_is_that_of_the_pinned_cuda():
    """Another CUDA needs another driver, and drops other GPUs: look both up in its release notes."""
    assert re.search(r"^cuda-toolkit==13\.", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert (make.OLDEST_DRIVER, make.OLDEST_GPU) == (580, 7.5)


@pytest.mark.parametrize(
    ("version", "system", "message"),
    [
        ((3, 10, 4), "posix", "needs Python 3.11 to 3.14, not 3.10; name one: make lab PYTHON=python3.14"),
        ((3, 15, 0, "alpha", 1), "posix", "needs Python 3.11 to 3.14, not 3.15; name one: make lab PYTHON=python3.14"),
        ((4, 0, 0), "nt", "needs Python 3.11 to 3.14, not 4.0; name one: py -3.14 make.py lab"),
    ],
)
def test_a_python_too_old_or_too_new_gets_one_line(version, system, message, machine, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(make.sys, "version_info", version)
        patch.setattr(make.os, "name", system)
        with pytest.raises(SystemExit) as stop:
            make.main(["lab"])
    assert stop.value.code == "seqmem: this " + message
    assert not machine.commands, "it comes at once"


def test_oldest_and_newest_python_are_the_same_everywhere():
    oldest, newest = (".".join(map(str, version)) for version in (make.OLDEST_PYTHON, make.NEWEST_PYTHON))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={oldest}"
    assert f"Python {oldest} to {newest}" in (ROOT / "README.md").read_text("utf-8")
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    tested = {tuple(map(int, found)) for found in re.findall(r'python: "(\d+)\.(\d+)"', workflow)}
    assert (min(tested), max(tested)) == (make.OLDEST_PYTHON, make.NEWEST_PYTHON)
    conda = re.search(r"python=3\.(\d+)", (ROOT / "environment.yml").read_text("utf-8"))
    assert make.OLDEST_PYTHON <= (3, int(conda[1])) <= make.NEWEST_PYTHON


def test_ci_runs_the_python_that_it_chose():
    """`py` is Windows' own chooser, which may take another than the one that was set up."""
    assert not re.search(r"\bpy make\.py", (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))


BUILDS = {  # sys.platform, platform.machine(), the version of macOS, sysconfig.get_platform(), sys.maxsize
    "Intel": ("darwin", "x86_64", "15.1", "macosx-10.13-universal2", 2**63 - 1),
    "macOS before 14": ("darwin", "arm64", "13.7", "macosx-11.0-arm64", 2**63 - 1),
    "Windows on ARM": ("win32", "ARM64", "", "win-arm64", 2**63 - 1),
    "32 bits": ("win32", "AMD64", "", "win32", 2**31 - 1),
    "run the same command again": (
        "win32",
        "ARM64",
        "",
        "win-amd64",
        2**63 - 1,
    ),  # emulated
    "run the same": ("darwin", "arm64", "14.0", "macosx-11.0-arm64", 2**63 - 1),
}


@pytest.mark.parametrize("words", BUILDS)
def test_a_machine_without_a_build_of_torch_is_named(words, machine, monkeypatch):
    system, processor, macos, build, largest = BUILDS[words]
    monkeypatch.setattr(make.sys, "platform", system)
    monkeypatch.setattr(make.sys, "maxsize", largest)
    monkeypatch.setattr(make.platform, "machine", lambda: processor)
    monkeypatch.setattr(make.platform, "mac_ver", lambda: (macos, ("", "", ""), processor))
    monkeypatch.setattr(make.sysconfig, "get_platform", lambda: build)
    machine.failing = "torch"
    with pytest.raises(SystemExit, match=words) as stop:
        machine.set_up()
    assert ("there is no build of it for" in stop.value.code) == ("run the same" not in stop.value.code)
    assert "\n" not in stop.value.code


@pytest.mark.parametrize("step", ["venv", "torch", ".[test]"])
@pytest.mark.parametrize("length", [66, 67])
def test_on_windows_a_failed_installation_names_what_stands_in_its_way(step, length, machine, monkeypatch):
    """Files that JupyterLab holds open, and a folder whose path leaves too little for PyTorch's own paths."""
    monkeypatch.setattr(make, "how_to_go_on", as_on_windows(make.how_to_go_on, "x" * length))
    machine.failing = step
    with pytest.raises(SystemExit, match="close JupyterLab") as stop:
        machine.set_up()
    assert ("has 67 characters, to where it has at most 66" in stop.value.code) == (length == 67)


def as_on_windows(function, root):
    """The function, with another os.name and folder while it runs; pathlib could not bear that for longer."""

    def call(*given):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(make.os, "name", "nt")
            patch.setattr(make, "ROOT", root)
            return function(*given)

    return call


@pytest.mark.parametrize(("target", "extra"), [("lab", "lab"), ("test", "test"), ("site", "test")])
def test_a_target_is_set_up_before_it_runs_and_its_status_is_that_of_make(target, extra, monkeypatch):
    done = []
    monkeypatch.setattr(make, "set_up", lambda extra: done.append(extra))
    monkeypatch.setitem(make.TARGETS, target, lambda arguments: done.append(arguments) or 7)
    assert make.main([target, "one", "-x"]) == 7
    assert done == [extra, ["one", "-x"]]


def test_ctrl_c_ends_a_target_without_a_traceback(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(make, "set_up", lambda extra: None)
    monkeypatch.setitem(make.TARGETS, "test", interrupted)
    assert make.main(["test"]) == 130


@pytest.mark.parametrize("given", [[], ["labs"]])
def test_who_names_no_target_is_told_which_there_are(given):
    with pytest.raises(SystemExit) as stop:
        make.main(given)
    assert stop.value.code == "seqmem: say what to do: python make.py " + "|".join(make.TARGETS)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no root")
def test_jupyterlab_runs_as_root_in_a_container(machine, monkeypatch):
    for user, allowed in ((0, True), (1000, False)):
        monkeypatch.setattr(make.os, "geteuid", lambda user=user: user)
        machine.commands.clear()
        make.lab([])
        assert ("--allow-root" in machine.commands[0]) == allowed


def test_the_lab_starts_among_the_notebooks_with_our_settings(machine, monkeypatch):
    started = []
    monkeypatch.setattr(make, "run", lambda *command, **options: started.append((command, options)) or 3)
    assert make.lab([]) == 3
    ((command, options),) = started
    assert command[:3] == (make.PYTHON, "-m", "jupyterlab")
    assert options == {"cwd": str(machine.folder / "notebooks")}
    (config,) = [part.removeprefix("--config=") for part in command if part.startswith("--config=")]
    assert (ROOT / Path(config).relative_to(machine.folder)).exists()


def test_a_set_up_keeps_jupyterlab_silent_and_the_fonts_listed(machine):
    *loud, news, fonts = machine.set_up()
    assert (len(loud), machine.quiet) == (3, [news, fonts])
    assert news[1:] == ("-m", "jupyter", "labextension", "disable", make.ANNOUNCEMENTS)
    assert fonts[1] == "-c"
    compile(fonts[2], "fonts", "exec")
    assert "matplotlib.font_manager" in fonts[2]
    assert {news[0], fonts[0]} == {make.PYTHON}


def test_what_runs_quietly_writes_nothing_and_says_how_it_ended(capfd, tmp_path, monkeypatch):
    script = "import os, sys; print(os.getcwd()); sys.stderr.write('and this'); sys.exit(3)"
    assert make.run(sys.executable, "-c", script, quiet=True) == 3
    assert capfd.readouterr() == ("", "")
    monkeypatch.chdir(tmp_path)
    assert make.run(sys.executable, "-c", script) == 3
    assert capfd.readouterr() == (str(ROOT) + os.linesep, "and this")
    make.run(sys.executable, "-c", script, cwd=str(tmp_path))
    assert Path(capfd.readouterr().out.strip()).samefile(tmp_path)


def test_another_folder_begins_anew(machine, monkeypatch):
    """A .venv that was moved: the programs in it name the old folder."""
    machine.set_up()
    moved = machine.folder.with_name("moved")
    machine.folder.rename(moved)
    machine.folder = moved
    for name, path in (("ROOT", moved), ("VENV", moved / ".venv"), ("PYTHON", moved / ".venv" / "python")):
        monkeypatch.setattr(make, name, str(path))
    assert "--clear" in machine.set_up()[0]
    assert machine.set_up() == []


def test_old_python_can_read_it():
    ast.parse((ROOT / "make.py").read_text("utf-8"), feature_version=(3, 4))


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="no make here, as on Windows: README gives make.py")


@needs_make
def test_makefile_knows_every_target():
    for target in make.TARGETS:
        command = ["make", "-n", "--no-print-directory", target]
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert shown.split()[1:3] == ["make.py", target]


@needs_make
def test_only_a_language_that_is_given_to_make_counts():
    """Desktops set LANGUAGE, too, for programs of their own."""
    desktop = {**os.environ, "LANGUAGE": "zh:en_US:en"}
    for given, expected in (([], ["lab"]), (["LANGUAGE=zh"], ["lab", "LANGUAGE=zh"])):
        command = ["make", "-n", "--no-print-directory", "lab", *given]
        shown = subprocess.run(command, cwd=ROOT, env=desktop, capture_output=True, text=True, check=True).stdout
        assert shown.split()[1:] == ["make.py", *expected]


@pytest.fixture
def speaking(machine, monkeypatch):
    """A machine whose course is there in Chinese."""
    (machine.folder / "notebooks" / "zh").mkdir(parents=True)
    (machine.folder / "notebooks" / "zh" / "terms.csv").touch()
    (machine.folder / "notebooks" / "part").mkdir()
    monkeypatch.setenv("SEQMEM_LANGUAGE", "")
    monkeypatch.setenv("LANGUAGE", "fr")
    return machine


@pytest.mark.parametrize("given", [["LANGUAGE=zh", "--no-browser"], ["--no-browser", "LANGUAGE=zh"]])
def test_the_lab_in_another_language_starts_in_its_folder(speaking, monkeypatch, given):
    started = []
    monkeypatch.setattr(make, "run", lambda *command, **options: started.append((command, options)) or 0)
    assert make.lab(given) == 0
    (edition, _), (command, options) = started
    assert edition[1:] == ("-m", "publish.edition", "zh")
    assert options == {"cwd": str(speaking.folder / "_zh")}
    assert command[-1] == "--no-browser"
    assert not any("LANGUAGE" in part for part in command)
    assert os.environ["SEQMEM_LANGUAGE"] == "zh"


def test_without_its_notebooks_the_lab_does_not_start(speaking):
    speaking.failing = "publish.edition"
    assert make.lab(["LANGUAGE=zh"]) == 1
    assert len(speaking.commands) == 1


@pytest.mark.parametrize(("target", "language"), [("lab", "fr"), ("lab", "part"), ("site", "zh")])
def test_a_language_that_is_not_there_gets_one_line_at_once(speaking, target, language):
    with pytest.raises(SystemExit) as stop:
        make.main([target, f"LANGUAGE={language}"])
    assert stop.value.code.startswith(f"seqmem: LANGUAGE={language} means nothing here: `lab` takes LANGUAGE=zh")
    assert not speaking.commands


def test_english_can_be_named(speaking, monkeypatch):
    monkeypatch.setattr(make, "set_up", lambda extra: None)
    assert make.main(["lab", "LANGUAGE=en"]) == 0
    (command,) = speaking.commands
    assert command[:3] == (make.PYTHON, "-m", "jupyterlab")
    assert not any("LANGUAGE" in part for part in command)
    assert make.main(["site", "LANGUAGE=en", "more"]) == 0
    assert speaking.commands[-1][1:] == ("-m", "publish.site", "more")
    assert make.language_of(["LANGUAGE=fr", "-x", "LANGUAGE=zh"]) == ("zh", ["-x"]), "the last counts, as with make"


@pytest.fixture
def modules(machine):
    """Those that targets run, each with the same arguments."""
    machine.failing = "argument"
    for target in make.TARGETS.values():
        if "name" in target.__code__.co_freevars:  # it runs a module of the repository
            assert target(["an", "argument"]) == 1
    return [command[2] for command in machine.commands]


def test_a_target_runs_its_module_with_the_arguments(machine, modules):
    assert len(set(modules)) >= 8
    others = {(python, flag, *given) for python, flag, _, *given in machine.commands}
    assert others == {(make.PYTHON, "-m", "an", "argument")}


def test_every_target_finds_its_module(modules):
    """As `python -m` does it: pytest's own path knows more folders."""
    subprocess.run([sys.executable, "-c", "import " + ", ".join(modules)], cwd=ROOT, check=True)


def test_lab_listens_on_loopback_only(machine):
    make.lab(["--no-browser"])
    (command,) = machine.commands
    assert "--ServerApp.ip=127.0.0.1" in command
    assert command[-1] == "--no-browser"
    assert not any("token" in part for part in command), "Jupyter's own token stays on"


def test_lab_opens_where_a_reader_begins(machine):
    make.lab([])
    (command,) = machine.commands
    assert "--LabApp.default_url=/lab/tree/" + make.FIRST in command
    assert (ROOT / "notebooks" / make.FIRST).exists()


def test_arguments_go_to_pytest_alone(machine):
    make.test([])
    make.test(["tests/lib", "-x"])
    every, some = machine.commands
    assert every[1:] == ("-m", "tests.every")
    assert some[1:] == ("-m", "pytest", "tests/lib", "-x")


@pytest.fixture
def commands(monkeypatch):
    """What tests.every runs, noted and not run; its attribute `failing` is a part of a command that fails."""
    noted = SimpleNamespace(ran=[], failing=None)

    def run(command, cwd):
        noted.ran.append(command)
        return SimpleNamespace(returncode=int(noted.failing in command))

    monkeypatch.setattr(every.subprocess, "run", run)
    monkeypatch.setattr(every.shutil, "which", lambda name: name)
    return noted


def test_a_failed_check_fails_the_run(commands, capsys):
    commands.failing = "--nbval"
    assert every.main() == 1
    assert "FAILED: notebooks" in capsys.readouterr().out
    commands.failing = None
    assert every.main() == 0
    ran = " ".join(part for command in commands.ran for part in command)
    for check in ("ruff check", "ruff format --check", "pytest", "--test", "--nbval", "shape_explorer.test.mjs"):
        assert check in ran


def test_the_checks_do_not_depend_on_a_user_s_language(commands, monkeypatch):
    monkeypatch.setenv("SEQMEM_LANGUAGE", "zh")
    every.main()
    assert "SEQMEM_LANGUAGE" not in os.environ


def test_a_test_that_fails_fails_the_run_of_all_tests(tmp_path):
    """What is only collected would pass."""
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert 1 == 2\n")
    few = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}  # to start quickly
    command = [*every.checks()["pytest"], "-n0"]
    done = subprocess.run(command, cwd=tmp_path, env=few, capture_output=True, text=True)
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_missing_node_fails_in_ci_only(commands, monkeypatch):
    monkeypatch.setattr(every.shutil, "which", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    assert every.main() == 0
    monkeypatch.setenv("CI", "true")
    assert every.main() == 1
