"""Numbers within a declared tolerance pass, and nothing else does: small notebooks are tampered with and compared."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_output
from nbval.plugin import IPyNbFile

import seqmem_lib as sm
from tests.every import NBVAL
from tests.noise import disturb_training
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

TAMPERED = {  # source, what is stored, passes with the plugin
    "untouched": ("print('loss 0.50, 7 of 10')", "loss 0.50, 7 of 10\n", True),
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


SHOWS_A_WIDGET = """\
import seqmem_lib as sm, torch
print("loss 0.0312")
sm.Scrubber(sm.record(sm.RNNCell(1, 1), torch.ones(1, 2, 1)))"""


def leave_it(outputs):
    pass


def change_a_digit(outputs):
    outputs[0].text = "loss 0.0313\n"


def change_the_widget_text(outputs):
    outputs[1].data["text/plain"] = "Scrubber: RNN, steps: 3, units: 1, starts at step 0"


def delete_an_output(outputs):
    del outputs[0]


def delete_the_widget(outputs):
    del outputs[1].data["text/html"]


CHANGES = [leave_it, change_a_digit, change_the_widget_text, delete_an_output, delete_the_widget]


def printed(text):
    return new_output("stream", text=text)


def write(path, cells):
    """A notebook of cells (source, outputs, metadata)."""
    made = [
        new_code_cell(source, outputs=outputs, metadata=about, execution_count=k, id=f"c{k}")
        for k, (source, outputs, about) in enumerate(cells, start=1)
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


def options(*others):
    """Those of `make test`, but for the notebooks."""
    return [f"--nbval-sanitize-with={ROOT}/tests/nbval.cfg" if "sanitize" in o else o for o in NBVAL[:-1]] + list(
        others
    )


def run(*given, folder):
    command = [sys.executable, "-m", "pytest", "-v", "-c", str(ROOT / "pyproject.toml"), *map(str, given)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of two notebooks: one prints numbers, and one a number and a widget, in a cell for each change."""
    folder = tmp_path_factory.mktemp("tolerance")
    numbers = []
    for source, stored, _ in TAMPERED.values():
        shown = new_output("execute_result", {"text/plain": stored})
        numbers.append((source, [printed(stored) if "print" in source else shown], {"tolerance": ONE_IN_FIFTY}))
    write(folder / "00_small.ipynb", numbers)
    widget = sm.Scrubber(sm.record(sm.RNNCell(1, 1), torch.ones(1, 2, 1)))._repr_mimebundle_()
    cells = [
        (SHOWS_A_WIDGET, [printed("loss 0.0312\n"), new_output("execute_result", dict(widget))], {}) for _ in CHANGES
    ]
    for change, (_, outputs, _) in zip(CHANGES, cells, strict=True):
        change(outputs)
    write(folder / "01_widget.ipynb", cells)
    return folder


@pytest.fixture(scope="module")
def said(folder):
    """What `make test` says of them."""
    return run(*options(), ".", folder=folder)


@pytest.mark.parametrize("name", TAMPERED)
def test_make_test_compares_within_the_tolerance(name, said):
    expected = "PASSED" if TAMPERED[name][2] else "FAILED"
    assert f"00_small.ipynb::Cell {[*TAMPERED].index(name)} {expected}" in said, said


def test_how_far_a_number_is_off_is_told(said):
    assert "stored 0.53, seen 0.50: off by 0.03, allowed 0.0106" in said
    assert '"relative": 0.02' in said


@pytest.mark.parametrize("change", CHANGES)
def test_a_tampered_notebook_fails(change, said):
    expected = "PASSED" if change is leave_it else "FAILED"
    assert f"01_widget.ipynb::Cell {CHANGES.index(change)} {expected}" in said, said


def test_nbval_alone_is_stricter(folder):
    said = run(*options()[2:], "00_small.ipynb", folder=folder)
    for k, name in enumerate(TAMPERED):
        assert f"Cell {k} {'PASSED' if name == 'untouched' else 'FAILED'}" in said, (name, said)


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
DRAWS = "print(torch.rand(3).tolist(), 'disturb_training' in dir())"
THREADS = "print(torch.get_num_threads())"


def test_noise_reaches_the_weights_and_not_the_draws(tmp_path, capsys):
    path, drawn = tmp_path / "00_trains.ipynb", torch.rand(3, generator=torch.Generator().manual_seed(0)).tolist()
    weights = [printed("moved by 0.00 hundred-millionths\n")], {"tolerance": ONE_IN_FIFTY}
    draws, threads = [printed(f"{drawn} False\n")], [printed("1\n")]
    write(path, [(TRAINING, [], {}), (WEIGHTS, *weights), (DRAWS, draws, {}), (THREADS, threads, {})])
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *options()]
    shaken = Run("noise and two threads", {"size": 6e-8, "seed": 1, "threads": 2}, {})
    noisy = list(perform(shaken, [path], command))
    assert [one.fault is not None for one in noisy] == [False, True, False, True], (
        "the weights move, the numbers drawn do not; and two threads are seen, where the notebook saw one"
    )
    (moved,) = noisy[1].deviations
    assert moved.stored == "0.00"
    assert 4 < float(moved.seen) < 14, "three errors of 6e-8, rounded to multiples of 6e-8 or 12e-8"
    assert [one.cell for one in noisy] == ["1", "2", "3", "4"]
    assert report(noisy) == 2
    assert "00_trains  2     1       0.00" in capsys.readouterr().out


def test_other_threads_alone_move_no_weight(monkeypatch):
    """And no cell can choose how many there are."""
    asked, weight = [], torch.nn.Parameter(torch.ones(9))
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    disturb_training(threads=2)
    torch.set_num_threads(8)
    torch.optim.SGD([weight], lr=0.0).step()
    assert asked == [2]
    assert torch.equal(weight, torch.ones(9))


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
