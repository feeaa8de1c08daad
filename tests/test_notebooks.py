"""The stored notebooks: hygiene."""

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import torch

import seqmem_lib as sm
from seqmem_lib.course.n01_rnn.cobweb import Cobweb
from seqmem_lib.course.n05_layers.shape_explorer import ShapeExplorer
from tests.tolerance import PART, allowed

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def compared_texts(cell):
    """The outputs that nbval compares: everything but pictures and our widgets' HTML."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        elif output.output_type in ("display_data", "execute_result"):
            yield output.data.get("text/plain", "")


def test_there_are_notebooks():
    assert NOTEBOOKS


@every
def test_name(path):
    assert re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name)


@every
def test_was_run_once_from_top_to_bottom(path):
    cells = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@every
def test_stores_nothing_that_it_should_not(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {}), cell.id
        for text in (cell.source, *compared_texts(cell)):
            assert not re.search(r"(?<![\w.])/(home|root|Users|tmp|work)/|[A-Z]:\\\\", text), cell.id
            assert not re.search(r"\b0x[0-9a-f]{6,}", text), cell.id
        assert "pip install" not in cell.source


@every
def test_what_is_printed_in_a_row_is_one_output(path):
    """A busy machine prints in more pieces, some of which are empty lines."""
    for cell in code_cells(nbformat.read(path, as_version=4)):
        kinds = [(output.output_type, output.get("name")) for output in cell.outputs]
        assert not any(one == next_one and one[0] == "stream" for one, next_one in pairwise(kinds)), cell.id
        assert all(text.strip() for text in compared_texts(cell)), cell.id


@every
def test_sections_have_compared_output(path):
    """Pictures are never compared: every section that runs code must also print or show a text."""
    sections = {}
    title = None
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown" and (heading := re.match(r"##? (.+)", cell.source)):
            title = heading[1]
        elif cell.cell_type == "code":
            sections.setdefault(title, []).extend(text for text in compared_texts(cell) if text.strip())
    first, *rest = sections
    assert sections[first] == [], "the setup cell shows nothing"
    assert rest
    assert all(sections[title] for title in rest), sections


@every
def test_exercises(path):
    """A stub, its check, and a folded solution whose check says that it is correct."""
    cells = code_cells(nbformat.read(path, as_version=4))
    stubs = [k for k, cell in enumerate(cells) if "exercise" in cell.metadata.get("tags", [])]
    assert stubs
    for k in stubs:
        check, solution = cells[k + 1], cells[k + 2]
        assert "".join(compared_texts(check)).endswith("not attempted yet.\n")
        assert "solution" in solution.metadata.tags
        assert solution.metadata.jupyter.source_hidden
        assert "".join(compared_texts(solution)).endswith("correct.\n")


@every
def test_bugs(path):
    """A cell with a bug says in its last line what is wrong; the folded repair below it is correct."""
    cells = code_cells(nbformat.read(path, as_version=4))
    for k, cell in enumerate(cells):
        if "bug" in cell.metadata.get("tags", []):
            solution = cells[k + 1]
            assert ": not yet. " in "".join(compared_texts(cell))
            assert "solution" in solution.metadata.tags
            assert solution.metadata.jupyter.source_hidden
            assert "".join(compared_texts(solution)).endswith("correct.\n")


@every
def test_what_is_to_be_predicted_is_not_given_away(path):
    """JupyterLab shows the first line of folded outputs beside its three dots: it names what follows, and no number."""
    for cell in code_cells(nbformat.read(path, as_version=4)):
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            assert cell.outputs, cell.id
            first = cell.outputs[0]
            assert first.output_type != "stream" or not re.search(r"\d", first.text.splitlines()[0]), cell.id


@every
def test_every_prediction_can_be_compared_and_the_answer_is_covered(path):
    """In the same cell, or in a text before the next prediction or heading. Or the question stays open for a while: a
    heading follows at once."""
    cells = nbformat.read(path, as_version=4).cells
    for k, cell in enumerate(cells):
        _, predict, rest = cell.source.partition("**Predict.**")
        if cell.cell_type != "markdown" or not predict or "<details>" in rest:
            continue
        folded = [one for one in cells[k + 1 :] if one.metadata.get("jupyter", {}).get("outputs_hidden")]
        texts = [one for one in cells[k + 1 :] if one.cell_type == "markdown"]
        end = next(n for n, one in enumerate(texts) if "**Predict.**" in one.source or one.source.startswith("#"))
        covered = any(one.source.startswith("<details><summary>Compare") for one in texts[: end + 1])
        open_question = not folded or cells.index(texts[0]) < cells.index(folded[0])
        assert covered or open_question, rest


def face(html):
    """The style sheet and the script of a widget, without its data."""
    return re.search(r"data-style='[^']*' data-module='[^']*\nmountAll\(", html)[0]


@pytest.fixture(scope="module")
def faces():
    trace = sm.record(sm.RNNCell(1, 1), torch.ones(1, 2, 1))
    widgets = [sm.Scrubber(trace), Cobweb(), ShapeExplorer(), sm.Playground(sm.tasks.latch(2))]
    widgets.append(sm.Explorer([0, 1], {"y": [[0, 1], [1, 0]]}, sliders={"k": [0, 1]}, xlabel="x", ylabel="y"))
    vocabulary = sm.Vocabulary([["a"]])
    widgets.append(sm.TypedText(sm.SequenceClassifier(torch.nn.RNN, 3, seed=0), vocabulary, sm.split_words, "a"))
    return {face(widget._repr_mimebundle_()["text/html"]) for widget in widgets}


@every
def test_stored_widgets_are_those_of_this_version(path, faces):
    """HTML is never compared by nbval: after a change of a widget the notebooks must be run again."""
    cells = code_cells(nbformat.read(path, as_version=4))
    shown = [output.data.get("text/html", "") for cell in cells for output in cell.outputs if "data" in output]
    stored = {face(html) for html in shown if "data-seqmem" in html}
    assert stored
    assert stored <= faces


# --- Numbers are shown ------------------------------------------------------------------------------------------

# Lines that say True or False, by the reason. What was measured is a number, and is printed as one.
FACTS = {
    "equal to so many digits, in float64": [
        "the same to 12 digits: True",
        "the same to 10 digits: True",
        "sequence 1 alone: same h_n? True",
        "sequence 1 padded, not packed: same h_n? False",
        "in evaluation equal to it: True",
    ],
    "which part of a tensor another one is, number by number": [
        "RNN output (2, 5, 4) h_n (1, 2, 4) h_n is the last step of output: True",
        "LSTM output (2, 5, 4) h_n (1, 2, 4) c_n (1, 2, 4) h_n is the last step of output: True",
        "GRU output (2, 5, 4) h_n (1, 2, 4) h_n is the last step of output: True",
        "forward half, last step: True",
        "backward half, first step: True",
        "backward half, last step: False",
        "zeros where a sequence has ended: True",
        "h_n[-2] is output at lengths - 1: True",
        "h_n[-2] is output at the last step: False",
        "h_n[-1] is output at step 0: True",
    ],
    "what dropout does to each number: keeps it, doubles it, or makes it 0": [
        "in training, two passes give the same numbers: True",
        "layer 0 shows no 0: True",
        "each number is 0 or twice the h of layer 0: True",
        "the same mask at every step: False",
    ],
    "an argument": [
        "parameters: 144 with bias=False: 112",
        "batch_first=True: output (4, 6, 4), h_n (1, 4, 4), output[2, 3] depends on (sequence, step) (2, 0) (2, 1) "
        "(2, 2) (2, 3)",
        "batch_first=False: output (4, 6, 4), h_n (1, 6, 4), output[2, 3] depends on (sequence, step) (0, 3) (1, 3) "
        "(2, 3)",
        "ShapeExplorer: batch 3, seq 6, input_size 2, hidden_size 5, cell LSTM, num_layers 2, bidirectional True, "
        "batch_first True, lengths equal",
        "Figure. num_layers=2, bidirectional=False; num_layers=1, bidirectional=True; num_layers=2, "
        "bidirectional=True.",
        "Figure. batch_first=True: inputs of output[2, 3]; batch_first=False: inputs of output[2, 3].",
        "bidirectional=False: the output changes at steps [5]",
        "bidirectional=True: the output changes at steps [0, 1, 2, 3, 4, 5]",
        "(encoder): LSTM(32, 128, batch_first=True)",
        "(decoder): LSTM(32, 128, batch_first=True)",
        "(readout): Linear(in_features=128, out_features=15, bias=True)",
        "detach True steps behind the loss of windows 1 to 4: [5, 5, 5, 5]",
        "detach False steps behind the loss of windows 1 to 4: [5, 10, 15, 20]",
    ],
}


def truths(path):
    """The lines of all outputs that say True or False, with single spaces."""
    for cell in code_cells(nbformat.read(path, as_version=4)):
        for text in compared_texts(cell):
            yield from (" ".join(line.split()) for line in text.splitlines() if re.search(r"\b(True|False)\b", line))


def test_truth_values_are_facts():
    said = [line for path in NOTEBOOKS for line in truths(path)]
    facts = [line for lines in FACTS.values() for line in lines]
    assert sorted(set(said)) == sorted(facts), "show the number that was measured, or add the line with its reason"


@every
def test_tolerances_are_narrow_or_give_a_reason(path):
    for cell in code_cells(nbformat.read(path, as_version=4)):
        if "tolerance" not in cell.metadata:
            continue
        tolerance = cell.metadata.tolerance
        assert set(tolerance) <= {"relative", "last_digit", "because"}, cell.id
        assert 0 < tolerance.get("relative", 1e-3) < 1, cell.id
        assert 0 < tolerance.get("last_digit", 1) < 10, cell.id
        wide = tolerance.get("relative", 0) > 0.1 or tolerance.get("last_digit", 1) > 1
        assert wide == ("because" in tolerance), cell.id
        assert not wide or len(tolerance.because.split()) > 4, cell.id
        numbers = [n for text in compared_texts(cell) for n in PART.findall(text) if allowed(n, tolerance)]
        assert numbers, f"{cell.id} declares a tolerance, and prints no number that was measured"


def before_the_exercises(path):
    cells = nbformat.read(path, as_version=4).cells
    ends = (k for k, cell in enumerate(cells) if re.search(r"^## .*Exercises", cell.source, re.MULTILINE))
    return cells[: next(ends)]


@every
def test_length(path):
    """What a reader finishes: code is folded unless it is to be read, and then it has ten lines below its first."""
    cells = before_the_exercises(path)
    assert len(cells) <= 60
    assert sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown") <= 3_500
    for cell in cells:
        if cell.cell_type == "code" and not cell.metadata.get("jupyter", {}).get("source_hidden"):
            lines = [line for line in cell.source.splitlines() if line and not line.startswith(("import ", "from "))]
            assert len(lines) <= 11, cell.id


@every
def test_size(path):
    assert path.stat().st_size < 2_000_000


def test_size_of_all():
    assert sum(path.stat().st_size for path in NOTEBOOKS) < 650_000 * len(NOTEBOOKS)
