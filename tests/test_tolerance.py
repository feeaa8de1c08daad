"""Numbers within a declared tolerance pass, and nothing else does: small notebooks are tampered with and compared."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbval.plugin import IPyNbFile

from tests.every import NBVAL
from tests.shake import AVX2, Run, Seen, main, perform, report, runs
from tests.tolerance import Deviation, Notebook, allowed, compare

ROOT = Path(__file__).parent.parent

ONE_IN_FIFTY = {"relative": 0.02, "last_digit": 1}


@pytest.mark.parametrize(
    ("number", "tolerance", "expected"),
    [
        ("0.50", {}, 0),
        ("0.50", {"relative": 0.1}, 0.05),
        ("0.50", {"relative": 0.001}, 0.01),  # one in the last digit, unless told otherwise
        ("0.50", {"relative": 0.001, "last_digit": 0}, 0.0005),
        ("0.50", {"last_digit": 3}, 0.03),
        ("-0.50", {"relative": 0.1}, 0.05),
        ("−0.50", {"relative": 0.1}, 0.05),
        ("50%", {"relative": 0.1}, 5),
        ("2%", {"relative": 0.1}, 1),
        ("99.5%", {"relative": 0.001}, 0.1),
        ("2e-05", {"relative": 0.1}, 1e-5),
        ("2.00e-05", {"relative": 0.1}, 2e-6),
        ("1,234.5", {"relative": 0.1}, 123.45),
        ("50", {"relative": 0.1}, 0),  # a count
        ("1,500", {"relative": 0.1, "last_digit": 2}, 0),
    ],
)
def test_what_is_allowed(number, tolerance, expected):
    assert allowed(number, tolerance) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("stored", "seen", "tolerance"),
    [
        ("loss 0.50", "loss 0.51", ONE_IN_FIFTY),
        ("loss 0.30", "loss 0.31", ONE_IN_FIFTY),  # 0.31 - 0.30 is more than 0.01 in binary
        ("0.50 (0.40 to 0.60, 10 seeds)", "0.51 (0.39 to 0.61, 10 seeds)", ONE_IN_FIFTY),
        ("right:  99%", "right: 100%", ONE_IN_FIFTY),
        ("a  9.99  b", "a 10.01  b", ONE_IN_FIFTY),
        ("-0.00", "+0.00", ONE_IN_FIFTY),
        ("−0.01", "0.00", ONE_IN_FIFTY),
        ("1.00e-05", "9.90e-06", ONE_IN_FIFTY),
        ("1,000.0", "999.0", ONE_IN_FIFTY),
    ],
)
def test_inside(stored, seen, tolerance):
    assert compare(stored, seen, tolerance)[0] == stored


@pytest.mark.parametrize(
    ("stored", "seen", "tolerance"),
    [
        ("loss 0.50", "loss 0.51", {}),
        ("loss 0.50", "loss 0.52", ONE_IN_FIFTY),
        ("loss 0.50", "Loss 0.50", ONE_IN_FIFTY),
        ("loss 0.50", "loss", ONE_IN_FIFTY),
        ("loss 0.50", "loss 0.50 0.50", ONE_IN_FIFTY),
        ("loss 0.50", "loss nan", ONE_IN_FIFTY),
        ("loss 0.50", "loss 0.50\n", ONE_IN_FIFTY),
        ("7 of 10 (70%)", "8 of 10 (70%)", ONE_IN_FIFTY),
        ("7 of 10 (70%)", "7 of 11 (70%)", ONE_IN_FIFTY),
        ("1,500 steps, 0.50", "1,501 steps, 0.50", ONE_IN_FIFTY),
        ("0.50: True", "0.50: False", ONE_IN_FIFTY),
        ("unit1 0.50", "unit2 0.50", ONE_IN_FIFTY),
        ("0.50\n0.60", "0.50 0.60", ONE_IN_FIFTY),
        ("27%", "27", ONE_IN_FIFTY),
        ("0.50", "-0.50", ONE_IN_FIFTY),
        ("1e-05", "1e-04", ONE_IN_FIFTY),
    ],
)
def test_outside(stored, seen, tolerance):
    assert compare(stored, seen, tolerance)[0] == seen
    assert stored != seen


def test_every_number_is_told():
    _, deviations = compare("0.50, 3 of 4, 10%", "0.53, 3 of 4, 11%", ONE_IN_FIFTY)
    assert [(one.number, one.stored, one.seen, one.share) for one in deviations] == [
        (1, "0.50", "0.53", 3.0),
        (2, "3", "3", 0.0),
        (3, "4", "4", 0.0),
        (4, "10%", "11%", 1.0),
    ]


# --- As `make test` compares ---------------------------------------------------------------------------------------

TAMPERED = {  # source, stored instead of what it prints, passes with the plugin
    "untouched": ("print('loss 0.50, 7 of 10')", None, True),
    "a digit inside": ("print('loss 0.50, 7 of 10')", "loss 0.51, 7 of 10\n", True),
    "a digit outside": ("print('loss 0.50, 7 of 10')", "loss 0.53, 7 of 10\n", False),
    "a word": ("print('loss 0.50, 7 of 10')", "cost 0.50, 7 of 10\n", False),
    "a count": ("print('loss 0.50, 7 of 10')", "loss 0.50, 8 of 10\n", False),
    "a number is missing": ("print('loss 0.50, 7 of 10')", "loss 0.50, 0.40, 7 of 10\n", False),
    "a number more": ("print('loss 0.50, 7 of 10')", "loss, 7 of 10\n", False),
    "a result inside": ("0.500", "0.501", True),
    "a result outside": ("0.500", "0.600", False),
    "two lines, printed one by one": ("print(0.50)\nprint(0.60)", "0.51\n0.60\n", True),
}


def write(path, cells):
    """A notebook of cells (source, tolerance), executed."""
    made = [nbformat.v4.new_code_cell(source, id=f"c{k}", metadata=meta) for k, (source, meta) in enumerate(cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    subprocess.run([sys.executable, ROOT / "publish" / "execute.py", path], check=True, capture_output=True)
    return nbformat.read(path, as_version=4)


def options(*others):
    """Those of `make test`, but for the notebooks."""
    return [f"--nbval-sanitize-with={ROOT}/tests/nbval.cfg" if "sanitize" in o else o for o in NBVAL[:-1]] + list(
        others
    )


def run(path, *given):
    command = [sys.executable, "-m", "pytest", "-v", "-c", str(ROOT / "pyproject.toml"), *given, str(path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent, env=environment).stdout


@pytest.fixture(scope="module")
def tampered(tmp_path_factory):
    path = tmp_path_factory.mktemp("tolerance") / "00_small.ipynb"
    notebook = write(path, [(source, {"tolerance": ONE_IN_FIFTY}) for source, _, _ in TAMPERED.values()])
    for cell, (_, stored, _) in zip(notebook.cells, TAMPERED.values(), strict=True):
        if stored:
            (output,) = cell.outputs
            if output.output_type == "stream":
                output.text = stored
            else:
                output.data["text/plain"] = stored
    nbformat.write(notebook, path)
    return path


def test_make_test_compares_within_the_tolerance(tampered):
    said = run(tampered, *options())
    for k, (name, (_, _, passes)) in enumerate(TAMPERED.items()):
        assert f"Cell {k} {'PASSED' if passes else 'FAILED'}" in said, (name, said)
    assert "stored 0.53, seen 0.50: off by 0.03, allowed 0.0106" in said
    assert '"relative": 0.02' in said


def test_nbval_alone_is_stricter(tampered):
    said = run(tampered, *options()[2:])
    for k, (name, (_, stored, _)) in enumerate(TAMPERED.items()):
        assert f"Cell {k} {'PASSED' if stored is None else 'FAILED'}" in said, (name, said)


def test_a_kernel_that_never_answers_is_started_again(monkeypatch):
    started = []

    def setup(notebook):
        started.append(notebook)
        if len(started) == 1:
            raise RuntimeError("Kernel didn't respond in 60 seconds")

    monkeypatch.setattr(IPyNbFile, "setup", setup)
    notebook = object.__new__(Notebook)
    notebook.config = SimpleNamespace(option=SimpleNamespace(shake=None))
    notebook.setup()
    assert started == [notebook, notebook]


# --- make shake ------------------------------------------------------------------------------------------------------

TRAINING = """\
import torch
torch.manual_seed(0)
weight = torch.nn.Parameter(torch.ones(1000))
optimizer = torch.optim.SGD([weight], lr=0.0)
for _ in range(3):
    optimizer.step()"""
WEIGHTS = "print(f'moved by {1e8 * (weight - 1).abs().mean().item():.2f} hundred-millionths')"
DRAWS = "print(torch.rand(3).tolist(), torch.get_num_threads(), 'disturb_training' in dir())"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("shake") / "00_trains.ipynb"
    write(path, [(TRAINING, {}), (WEIGHTS, {"tolerance": ONE_IN_FIFTY}), (DRAWS, {})])
    return path


def test_noise_reaches_the_weights_and_not_the_draws(trained, capsys):
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *options()]
    noisy = list(perform(Run("noise", {"size": 6e-8, "seed": 1}, {}), [trained], command))
    threads = list(perform(Run("two threads", {"threads": 2}, {}), [trained], command))
    assert [one.fault is not None for one in noisy] == [False, True, False], (
        "the weights move, the numbers drawn do not"
    )
    (moved,) = noisy[1].deviations
    assert moved.stored == "0.00"
    assert 4 < float(moved.seen) < 14, "three errors of 6e-8, rounded to multiples of 6e-8 or 12e-8"
    assert [one.fault is not None for one in threads] == [False, False, True], "two threads, where the notebook saw one"
    assert [one.cell for one in noisy] == ["1", "2", "3"]
    assert report(noisy) == 1
    assert "00_trains  2     1       0.00" in capsys.readouterr().out


def test_the_runs():
    said = [run.name for run in runs(10)]
    assert sum("noise 6e-08" in name for name in said) == 10
    assert sum("noise 5e-07" in name for name in said) == 3
    assert len({(run.name, *run.shake.values()) for run in runs(10)}) == len(said) == 18
    assert AVX2 in [run.environment for run in runs(0)]


def seen(fault, *numbers):
    return Seen("01_a", "7", "noise", [Deviation(*one) for one in numbers], fault)


def test_the_tables(capsys):
    inside = [seen(None, (2, "0.50", "0.51", 0.02)), seen(None, (1, "0.50", "0.48", 0.05), (2, "0.50", "0.49", 0.1))]
    assert report(inside) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines() if "01_a" in line] == [
        ["01_a", "7", "2", "0.50", "0.51", "±0.02", "50%", "noise"]
    ]
    outside = seen("Cell outputs differ", (1, "0.50", "0.60", 0.04), (2, "0.50", "0.51", 0.04))
    assert report([*inside, outside, seen("NameError: h")]) == 1
    said = capsys.readouterr().out
    assert "01_a, cell 7, noise:\nNameError: h" in said
    assert "Cell outputs differ" not in said
    assert [line.split()[2:5] for line in said.splitlines() if "±" in line] == [
        ["1", "0.50", "0.60"],
        ["2", "0.50", "0.51"],
    ]


@pytest.mark.parametrize("arguments", [["x"], ["-1"], ["3", "99"], ["02"] * 2 + ["rnn"]])
def test_shake_says_how_it_is_called(arguments):
    with pytest.raises(SystemExit, match="say how many noises"):
        main(arguments)
