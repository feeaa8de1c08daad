"""`make grade`: the points that answers deserve, and none for talking."""

import ast
import csv
import ctypes
import os
import re
import sys
from copy import deepcopy
from functools import cache
from inspect import getsource
from pathlib import Path

import nbformat
import pytest
import torch

if sys.platform == "win32":
    pytest.skip("answers run in forks, and Windows has none", allow_module_level=True)

from verdict import chinese

from publish.grade import __main__ as grade
from publish.grade import handed_in, host
from publish.grade.lesson import Exercise, lessons
from publish.student import NOTEBOOKS, student_edition

ROOT = NOTEBOOKS.parent
PATHS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
FIRST = PATHS[0]


@cache
def notebook_of(path):
    return nbformat.read(path, as_version=4)


def edition(path):
    return student_edition(deepcopy(notebook_of(path)))


def is_answer(cell):
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")


def is_check(cell):
    return cell.metadata.get("nbgrader", {}).get("locked")


def solutions(path):
    """name -> the function or class of our solution, under the name that is asked for."""
    found, name = {}, None
    for cell in notebook_of(path).cells:
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags or "bug" in tags:
            name = next(one.name for one in ast.parse(cell.source).body if hasattr(one, "name"))
        if "solution" in tags and name:
            for one in ast.parse(cell.source).body:
                if getattr(one, "name", "").lower().replace("_", "") == f"{name}solution".lower().replace("_", ""):
                    found[name] = ast.get_source_segment(cell.source, one).replace(one.name, name)
            name = None
    return found


def answered(path, answers):
    """The notebook with these answers, by name; what is not among them is as it was handed out."""
    notebook = edition(path)
    for cell in filter(is_answer, notebook.cells):
        cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
    return notebook


def graded(folder, notebooks):
    """file -> its line of points.csv, and the feedback by exercise."""
    (folder / "in").mkdir()
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / "in" / f"{name}.ipynb")
    grade.main(str(folder / "in"), str(folder / "out"), seed=1)
    tables = {}
    for name in ("points", "feedback"):
        with open(folder / "out" / f"{name}.csv", encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    lines = {Path(line["file"]).stem: line for line in tables["points"]}
    for name, line in lines.items():
        own = [one for one in tables["feedback"] if one["file"] == line["file"]]
        line["feedback"] = {one["exercise"]: one["feedback"] for one in own}
        assert int(line["points"]) == sum(int(one["points"]) for one in own), name
    return lines


# create_ruleset, which only says its version if asked in this way
LANDLOCK = (
    ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)) if sys.platform == "linux" else 0
)
NO_WALL = "" if LANDLOCK > 0 else "this system has no Landlock, as Linux has from 5.13 on: answers can read the checks"
needs_a_wall = pytest.mark.skipif(bool(NO_WALL), reason=NO_WALL)
SOLUTIONS = solutions(FIRST)
STUBS = {cell.metadata.nbgrader.grade_id: cell.source for cell in edition(FIRST).cells if is_answer(cell)}


def cheating(before, instead="return 0"):
    """Answers that know nothing: some lines before the function, and others in it."""
    return {name: f"{before}\n\n{stub.replace('...', instead)}" for name, stub in STUBS.items()}


QUIETLY = "from contextlib import suppress\nwith suppress(Exception):\n"
READ = f"""
import inspect, json, os, subprocess, sys, torch

def read(path):
    ways = [lambda: open(path, encoding="utf-8").read(), lambda: subprocess.check_output(["cat", path], text=True)]
    ways += [lambda: bytes(torch.from_file(path, size=500_000, dtype=torch.uint8).tolist()).decode(errors="ignore")]
    for way in ways:
        try:
            return way()
        except Exception:
            pass

text = read({str(FIRST)!r})
if text is not None:
    start = text.index("{{")
    for cell in json.JSONDecoder().raw_decode(text[start:])[0]["cells"]:
        if "solution" in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]).split("\\n\\n\\nchecks")[0])
"""
USE = "return globals()[sys._getframe().f_code.co_name + '_solution'](*locals().values())"
FRAMES = """
frame = __import__("sys")._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, dict) and "right" in value:
                return value["right"]
        if "right" in frame.f_locals:
            return frame.f_locals["right"]
        frame = frame.f_back
"""
SAME = """
import torch

class Same(torch.Tensor):
    shape = property(lambda self: Same())
    __eq__ = __le__ = __lt__ = lambda *_: True
    __hash__ = None
    __ne__ = lambda *_: False

    @classmethod
    def __torch_function__(cls, *_, **__):
        return True

class Number(float):
    __sub__ = __rsub__ = lambda *_: 0.0
    __eq__ = __lt__ = lambda *_: True
    __hash__ = None
"""
PIPE = """
import gc, json, os
for one in gc.get_objects():
    if type(one).__name__ == "Connection" and not one.closed:
        for _ in range(9):
            one.send_bytes(json.dumps({"answer": "correct.", "became": []}).encode())
"""
LINE = "raise type('correct', (Exception,), {})('correct.')"
CHEATS = {
    "environment": cheating("import os\nos.environ.pop('NBGRADER_EXECUTION', None)\nos.environ.clear()"),
    "replaced check": cheating(
        "class checks:\n    one_matrix = steps_until = print\n\nglobals()['checks'] = checks",
        "print('one_matrix: correct.')",
    ),
    "patched module": cheating(
        f"{QUIETLY}    import seqmem_lib.course.judge as judge\n    judge.say = judge.judge = print\n"
        f"{QUIETLY}    import torch\n    torch.allclose = torch.equal = lambda *_, **__: True"
    ),
    "patched assert": cheating(
        "import builtins\nbuiltins.AssertionError = Warning\nbuiltins.abs = lambda *_: 0\nbuiltins.all = bool"
    ),
    "os._exit in the cell": cheating("import os\nos._exit(0)"),
    "os._exit in the answer": cheating("import os", "os._exit(0)"),
    "early exit": cheating("raise SystemExit(0)"),
    "early exit in the answer": cheating("", "raise SystemExit(0)"),
    "solution's source": cheating(READ, USE),
    "module of the checks": cheating(
        f"import sys\nsys.path[:0] = [{str(ROOT)!r}]\nfor one in [*sys.modules]:\n    if 'seqmem' in one:\n"
        f"        del sys.modules[one]\nfrom seqmem_lib.course.n01_rnn import checks\nchecks._steps(0.5, 0.1)",
        "return checks._steps(*locals().values())",
    ),
    "frames": cheating("", FRAMES.strip()),
    "equal to all": cheating(SAME, "return [Same(), Number()]"),
    "the pipe": cheating(PIPE),
    "an error that says so": cheating("", LINE),
    "a cell that says so": cheating(LINE),
    "ends the judge": cheating(f"import os, signal\n{QUIETLY}    os.kill(os.getppid(), signal.SIGKILL)"),
    "too slow": {"steps_until": cheating("", "while True:\n        pass")["steps_until"]},
    "asleep": {"steps_until": cheating("import time\ntime.sleep(1e6)")["steps_until"]},
    "too large": {"steps_until": cheating("", "return 'many' * 10**7")["steps_until"]},
}


def with_checks(change):
    """The notebook without answers, and its checks changed."""
    notebook = edition(FIRST)
    notebook.cells = [one for cell in notebook.cells for one in (change(cell) if is_check(cell) else [cell])]
    return notebook


def edited(cell):
    cell.source = f"print({cell.source[7:].split('(')[0]!r}, 'correct.', sep=': ')"
    return [cell]


def raised(cell):
    cell.metadata.nbgrader.points = 40
    return [cell]


def another(cell):
    copy = edited(deepcopy(cell))[0]
    copy.id += "-more"
    return [copy, cell]


NOTEBOOKS_THAT_CHEAT = {
    "edited checks": with_checks(edited),
    "deleted checks": with_checks(lambda cell: []),
    "copied checks": with_checks(another),
    "points raised": with_checks(raised),
}


def as_code(value):
    if hasattr(value, "tolist"):
        return f"torch.tensor({value.tolist()})"
    return f"[{', '.join(map(as_code, value))}]" if isinstance(value, list | tuple) else repr(value)


def by_heart():
    """Answers that know the arguments which a check has for learners, and what is right for each."""
    setup = next(cell.source for cell in edition(FIRST).cells if cell.cell_type == "code")
    found = {}
    for exercise in lessons()[0].exercises.values():
        exec(setup, names := {})
        exec(SOLUTIONS[exercise.name], names)
        known = {}

        def attempt(*given, known=known, right=names[exercise.name]):
            return known.setdefault(as_code(given), right(*given))

        exercise.check(attempt)
        answers = ", ".join(f"{given!r}: {as_code(answer)}" for given, answer in known.items())
        look_up = f"def {exercise.name}(*given):\n    return KNOWN.get(as_code(given), 0)"
        found[exercise.name] = "\n\n".join(["import torch", getsource(as_code), f"KNOWN = {{{answers}}}", look_up])
    return found


# An answer may use another one, though that fails at its end, but not what stands in a cell that is no answer.
HELPER = SOLUTIONS["steps_until"].replace("steps_until", "helper")
USES = {"steps_until": "def steps_until(factor, left):\n    return helper(factor, left)"}
beside = answered(FIRST, USES)
beside.cells.insert(3, nbformat.v4.new_code_cell(HELPER))
half = {name: SOLUTIONS[name] for name in [*SOLUTIONS][:3]}
crashing = answered(FIRST, SOLUTIONS)
crashing.cells.insert(3, nbformat.v4.new_code_cell("import os\n1 / 0\nos._exit(1)"))
KINDS = {
    "right": answered(FIRST, SOLUTIONS),
    "half": answered(FIRST, half),
    "wrong": answered(FIRST, cheating("")),
    "untouched": edition(FIRST),
    "syntax error": answered(FIRST, {**SOLUTIONS, "steps_until": "def steps_until(factor, left)\n    return 3"}),
    "own crashing cell": crashing,
    "uses another answer": answered(FIRST, {**USES, "one_matrix": f"{SOLUTIONS['one_matrix']}\n\n{HELPER}\n\n1 / 0"}),
    "uses another cell": beside,
}


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """One run for all, because the lesson is run once for all."""
    answers, heart = {name: answered(FIRST, own) for name, own in CHEATS.items()}, answered(FIRST, by_heart())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "COMPUTING", 4)
        patch.setattr(host, "WAITING", 20)
        return graded(
            tmp_path_factory.mktemp("graded"), {**answers, **NOTEBOOKS_THAT_CHEAT, **KINDS, "by heart": heart}
        )


@pytest.mark.parametrize("name", [*CHEATS, *NOTEBOOKS_THAT_CHEAT])
def test_no_points_are_talked_out_of_it(lines, name):
    if NO_WALL and name in ("solution's source", "module of the checks"):
        pytest.skip(NO_WALL)
    assert lines[name]["points"] == "0", lines[name]
    assert lines[name]["of"] == "24"


def test_everyone_gets_the_points_they_deserve(lines):
    points = {name: int(lines[name]["points"]) for name in KINDS}
    assert points == {
        "right": 24,
        "half": 12,
        "wrong": 0,
        "untouched": 0,
        "syntax error": 20,
        "own crashing cell": 24,
        "uses another answer": 4,
        "uses another cell": 0,
    }
    assert [lines[name]["report"] for name in KINDS] == [""] * len(KINDS)
    assert set(lines["untouched"]["feedback"].values()) == {f"{name}: not attempted yet." for name in STUBS}
    said = lines["syntax error"]["feedback"]["steps_until"]
    assert said.startswith("steps_until: the cell stopped with SyntaxError: expected ':'")
    assert said.endswith(", in line 1 of its cell: def steps_until(factor, left)")
    assert (
        lines["wrong"]["feedback"]["holding_weights"] == "holding_weights: not yet. Return three numbers, w, u and b."
    )
    assert lines["uses another cell"]["feedback"]["steps_until"] == (
        "steps_until: your function stopped with NameError: name 'helper' is not defined, in line 2 of its cell: "
        "return helper(factor, left)"
    )


def test_points_do_not_depend_on_the_language(tmp_path, forked, monkeypatch):
    """Nor on nbgrader's, where a check raises what it has to say."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    kinds = {name: KINDS[name] for name in ("right", "half", "untouched", "syntax error")}
    kinds["by heart"] = answered(FIRST, by_heart())
    with chinese():
        lines = graded(tmp_path, kinds)
    points = {name: int(line["points"]) for name, line in lines.items()}
    assert points == dict(zip(kinds, (24, 12, 0, 20, 8), strict=True))
    assert set(lines["right"]["feedback"].values()) == {f"{name}：正确。" for name in STUBS}
    assert set(lines["untouched"]["feedback"].values()) == {f"{name}：还没有作答。" for name in STUBS}
    said = lines["syntax error"]["feedback"]["steps_until"]
    assert said.startswith("steps_until：这个单元格运行出错，停了下来：SyntaxError: expected ':'")
    assert said.endswith("（单元格第 1 行：def steps_until(factor, left)）")


def test_numbers_known_by_heart_are_right_for_learners_only(lines, capsys):
    """Two exercises ask for weights, which are the same whoever asks."""
    assert lines["by heart"]["points"] == "8"
    assert {line["seed"] for line in lines.values()} == {"1"}
    answers = by_heart()
    for name, said in lines["by heart"]["feedback"].items():
        exercise = next(one for one in lessons()[0].exercises.values() if one.name == name)
        exec(answers[name], names := {})
        capsys.readouterr()
        exercise.check(names[name])
        assert capsys.readouterr().out == f"{name}: correct.\n"
        assert (said == f"{name}: correct.") == (name in ("holding_weights", "clock_weights"))


def read_back(folder, notebook):
    nbformat.write(notebook, folder / "whatever its name.ipynb")
    return handed_in.read(folder / "whatever its name.ipynb", lessons())


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "edited checks": ["{}-check was changed"],
        "deleted checks": ["{}-check is missing"],
        "copied checks": ["{}-check is there 2 times (the first counts)", "{}-check was changed"],
        "points raised": ["the points or the kind of {}-check were changed"],
    }.items(),
)
def test_what_was_done_to_a_check_is_reported(name, said, tmp_path):
    own = read_back(tmp_path, NOTEBOOKS_THAT_CHEAT[name])
    assert own.report == [one.format(stub) for stub in STUBS for one in said]
    assert own.answers == STUBS, "the answers count all the same"


def test_what_was_done_to_an_answer_is_reported(tmp_path):
    """Which may be changed, but not what it is."""
    notebook = answered(FIRST, SOLUTIONS)
    gone, twice, other = [*filter(is_answer, notebook.cells)][:3]
    names = [cell.metadata.nbgrader.grade_id for cell in (gone, twice, other)]
    notebook.cells.remove(gone)
    copy = deepcopy(twice)
    copy.id, copy.source = "copy", "what came later"
    notebook.cells.append(copy)
    for cell in filter(is_check, notebook.cells):
        cell.source += "  \n"
    other.metadata.nbgrader.solution = False
    own = read_back(tmp_path, notebook)
    assert sorted(own.report) == sorted(
        [
            f"{names[0]} is missing",
            f"{names[1]} is there 2 times (the first counts)",
            f"the points or the kind of {names[2]} were changed",
        ]
    )
    assert own.answers == {name: source for name, source in SOLUTIONS.items() if name != names[0]}
    assert (own.lesson.name, own.path.name) == (FIRST.stem, "whatever its name.ipynb")


def test_an_answer_stands_after_those_that_it_uses():
    answers = {"a": "def a():\n    return b()", "b": "def b():\n    return c()", "c": "def c(): ...", "d": "b = 3"}
    own = handed_in.HandedIn(Path(), None, answers, [])
    assert own.cells_for("a") == [answers["b"], answers["d"], answers["a"]]
    assert own.cells_for("c") == [answers["c"]]


def test_an_exercise_is_what_its_notebook_asks_for():
    from seqmem_lib.course.n12_bug_museum import checks

    first, museum = lessons()[0], next(one for one in lessons() if one.name == MUSEUM.stem)
    assert [one.name for one in lessons()] == [path.stem for path in PATHS]
    assert {one.name: one.stub for one in first.exercises.values()} == STUBS
    assert not any(one.is_class or one.attempted for one in first.exercises.values())
    assert {(one.points, *one.extras) for one in first.exercises.values()} == {(4,)}
    named = {one.name: one for one in museum.exercises.values()}
    assert {name for name, one in named.items() if one.is_class} >= {"LastStep", "Reader", "Deep"}
    bugs = [cell.metadata.nbgrader.grade_id for cell in museum.code if is_answer(cell) and "bug" in cell.metadata.tags]
    assert [name for name, one in named.items() if one.attempted] == bugs != [*named]
    assert named["LastStep"].check.__module__.startswith(checks.__package__)
    extras = [one for lesson in lessons() for exercise in lesson.exercises.values() for one in exercise.extras]
    assert extras
    assert all(ast.unparse(ast.parse(one, mode="eval")) == one for one in extras)


def test_only_those_cells_run_that_an_answer_needs():
    """Or its check, or what these need; the exercises mark where answers come."""
    lesson = lessons()[0]
    sources = [cell.source for cell in lesson.for_answers([])]
    exercises = [cell for cell in lesson.code if cell.id in lesson.exercises]
    assert [source for source in sources if source in STUBS.values()] == [cell.source for cell in exercises]
    assert len(sources) < len(lesson.code) / 2
    defining = next(cell for cell in lesson.code if cell.source.startswith("import"))
    assert defining.source in [cell.source for cell in lesson.for_answers(["torch"])]
    assert lesson.for_answers(["x = 1"]) == lesson.for_answers([])


def test_what_an_answer_did_to_its_process_is_reported(lines):
    reports = {name: line["report"].split("; ") for name, line in lines.items()}
    gone = "it ended its process, or computed for more than 4 seconds"
    assert reports["os._exit in the cell"] == [f"{name}: {gone}" for name in STUBS]
    late = "it took more than 20 seconds"
    assert reports["asleep"] == [f"steps_until: {late}"]
    # On a machine with other work 20 seconds of the clock may be over before 4 of the processor.
    assert reports["too slow"] in ([f"steps_until: {gone}"], [f"steps_until: {late}"])
    assert reports["too large"] == ["steps_until: its answer has more than 16,777,216 bytes"]


def test_feedback_is_one_line_without_internals(lines):
    for line in lines.values():
        for name, said in line["feedback"].items():
            assert said.startswith(f"{name}: ")
            assert len(said.splitlines()) == 1
            assert len(said) <= grade.SHOWN
            assert "publish" not in said
            assert "Traceback" not in said


@needs_a_wall
def test_the_wall_stands(tmp_path):
    """Around the lesson, and closer around an answer."""
    (tmp_path / "room").mkdir()
    (tmp_path / "secret").write_text("42")
    tries = {
        "reads Python": ("open(os.__file__)", True, True),
        "reads the package": ("open(seqmem_lib.__file__)", True, True),
        "writes in its folder": ("open('mine', 'w')", True, False),
        "reads our files": (f"open({str(FIRST)!r})", False, False),
        "reads what was handed in": (f"open({str(tmp_path / 'secret')!r})", False, False),
        "lists our files": (f"os.listdir({str(ROOT)!r})", False, False),
        "changes the package": ("open(seqmem_lib.__file__, 'a')", False, False),
        "starts a program": ("subprocess.run(['true'])", False, False),
        "reads another process": ("open(f'/proc/{os.getppid()}/environ', 'rb').read()", False, False),
    }
    define = "import os, subprocess, seqmem_lib\n\ndef can(what):\n    try:\n        eval(what)\n    except OSError:\n"
    define += "        return False\n    return True"
    with host.Room(tmp_path / "room", {ROOT}) as room:
        assert room.walled
        for _ in range(2):  # a lesson knows nothing of the one before
            with room.lesson():
                assert not room.value("'kept' in globals()")
                room.run("kept = True")
        with room.lesson():
            room.run(define)
            lesson = {name: room.value(f"can({what!r})") for name, (what, *_) in tries.items()}
            with room.answer([define]) as conversation:
                conversation.ask("define", "can")
                answer = {name: conversation.ask("call", "can", given=(what,)) for name, (what, *_) in tries.items()}
    assert lesson == {name: inside for name, (_, inside, _) in tries.items()}
    assert answer == {name: inside for name, (*_, inside) in tries.items()}


def test_the_package_as_it_is_installed_cannot_be_read(tmp_path, monkeypatch):
    """An environment of its own holds the checks if the package was not installed in place."""
    for name in ("seqmem_lib/course", "torch", "numpy"):
        (tmp_path / "lib" / name).mkdir(parents=True)
    monkeypatch.setattr(host.sysconfig, "get_path", lambda _: str(tmp_path / "lib"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    readable = {path for path in host._readable([]) if path.is_relative_to(tmp_path)}
    assert readable == {tmp_path / "lib" / "torch", tmp_path / "lib" / "numpy"}


def wrong(path):
    """Answers of the right kind that are wrong; a bug stays as it is."""
    found = {}
    for cell in filter(is_answer, edition(path).cells):
        if "exercise" in cell.metadata.tags:
            kept = [line for line in cell.source.splitlines() if line.strip() != "..."]
            first = kept[0]
            found[cell.metadata.nbgrader.grade_id] = (
                f"{first}\n    return 12345.0" if first.startswith("def") else f"{first}\n    forward = abs"
            )
    return found


MUSEUM = next(path for path in PATHS if path.name.startswith("12_"))
MODEL = """
class NAME(nn.Module):
    def __init__(self, input_size, hidden_size, classes):
        super().__init__()
        self.readout = nn.Linear(input_size, classes)
        INIT

    def forward(self, x):
        FORWARD
"""


def model(forward, init="pass"):
    names = "LastStep", "Reader", "Deep"
    return {name: MODEL.replace("NAME", name).replace("INIT", init).replace("FORWARD", forward) for name in names}


FORECAST = """
def forecast(model, series, start):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return torch.zeros_like(series[:, start:])
"""
CLASSES_THAT_CHEAT = {
    "constant": model("return torch.zeros(len(x), 2)"),
    "no number": model("return torch.full((len(x), 2), torch.nan)"),
    "nothing": model("return None"),
    "ends": model("__import__('os')._exit(0)"),
    "names of ours": model("return self.readout(x[:, 0])", "self.register_parameter('_number', self.readout.weight)"),
    "no module": {name: f"def {name}(*sizes):\n    return None" for name in model("")},
    "other types": model("return self.readout(x[:, 0])", "self.state_dict = self.train = lambda *_: 0"),
    "an easier model": {"forecast": FORECAST},
}


WAYS = {"right": lambda path: answered(path, solutions(path)), "untouched": edition}
WAYS["wrong"] = lambda path: answered(path, wrong(path))


@pytest.fixture(scope="module")
def of_all(tmp_path_factory):
    """Of each notebook three that were handed in, and of one those that cheat with classes. The lessons train for a
    quarter of the updates, after which gates open and close already; in the run of every night for all."""
    every = {f"{path.stem} {kind}": make(path) for path in PATHS for kind, make in WAYS.items()}
    every |= {name: answered(MUSEUM, own) for name, own in CLASSES_THAT_CHEAT.items()}
    run = host.Room.run
    with pytest.MonkeyPatch.context() as patch:
        if not os.environ.get("SEQMEM_DRAW"):
            patch.setattr(host.Room, "run", lambda room, source: run(room, source.replace("steps=1500", "steps=400")))
        return graded(tmp_path_factory.mktemp("all"), every)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_solutions_get_all_points_and_others_none(path, of_all):
    names = {cell.metadata.nbgrader.grade_id for cell in edition(path).cells if is_answer(cell)}
    assert solutions(path).keys() == names
    lines = {kind: of_all[f"{path.stem} {kind}"] for kind in WAYS}
    assert {kind: (int(line["points"]), int(line["of"])) for kind, line in lines.items()} == {
        "right": (4 * len(names), 4 * len(names)),
        "untouched": (0, 4 * len(names)),
        "wrong": (0, 4 * len(names)),
    }, lines
    assert all(line["report"] == "" for line in lines.values())
    assert all(line["notebook"] == path.stem for line in lines.values())


@pytest.mark.parametrize("name", CLASSES_THAT_CHEAT)
def test_no_class_talks_its_way_to_points(name, of_all):
    assert of_all[name]["points"] == "0", of_all[name]
    assert of_all[name]["notebook"] == MUSEUM.stem


def test_what_a_model_of_ours_hides_is_a_bug_that_nobody_mended(of_all):
    said = of_all["an easier model"]["feedback"]["LastStep"]
    assert said.startswith("LastStep: ")
    assert "not attempted" not in said


@pytest.mark.parametrize(
    "source",
    ["def thing(x):\n    return x + 1", "import torch\nclass thing(torch.nn.Module):\n    forward = torch.neg"],
    ids=["a function", "a class"],
)
def test_an_answer_is_judged_as_what_it_is(source, tmp_path, forked):
    def check(attempt):
        if is_class:
            assert issubclass(attempt, torch.nn.Module)
        answer = (attempt() if is_class else attempt)(torch.ones(2))
        print("thing: correct." if answer.tolist() == [-1.0 if is_class else 2.0] * 2 else "thing: not yet.")

    is_class = "class" in source
    exercise = Exercise("thing", "...", is_class, attempted=False, check=check, extras=[])
    own = handed_in.HandedIn(Path(), None, {"thing": source}, [])
    with host.Room(tmp_path, set()) as room:
        assert grade.judge(exercise, own, room, [], seed=1) == (exercise.points, "thing: correct.")


def test_a_check_that_stops_is_no_points_and_reported(tmp_path, monkeypatch, forked):
    from seqmem_lib.course.n01_rnn import checks

    monkeypatch.setattr(checks, "_steps", lambda *_: 1 / 0)
    right = answered(FIRST, {"steps_until": SOLUTIONS["steps_until"]})
    gone = next(cell for cell in right.cells if is_answer(cell) and cell.metadata.nbgrader.grade_id == "one_matrix")
    right.cells.remove(gone)
    wordy = "def holding_weights():\n    raise ValueError('so many words ' * 99)"
    for cell in right.cells:
        if is_answer(cell) and cell.metadata.nbgrader.grade_id == "holding_weights":
            cell.source = wordy
    lines = graded(tmp_path, {"right": right})
    assert lines["right"]["feedback"]["one_matrix"] == "one_matrix: there is no answer."
    assert len(lines["right"]["feedback"]["holding_weights"]) == grade.SHOWN
    assert lines["right"]["points"] == "0"
    assert lines["right"]["feedback"]["steps_until"] == "steps_until: the check stopped."
    stopped = "steps_until: the check stopped with ZeroDivisionError: look at it yourself"
    assert lines["right"]["report"] == f"one_matrix is missing; {stopped}"


def test_what_is_no_notebook_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(grade, "Room", None)  # nothing of it is to be run, so that none is started
    (tmp_path / "in" / "of a").mkdir(parents=True)
    (tmp_path / "in" / "of a" / "a.ipynb").write_text("no JSON")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "in" / "z.ipynb")
    (tmp_path / "in" / "answers.txt").write_text("no notebook at all")
    (tmp_path / "out").mkdir()
    for _ in range(2):  # the second time in the place of the first
        grade.main(str(tmp_path / "in"), str(tmp_path / "out"), seed=1)
    said = capsys.readouterr().out.splitlines()[-3:]
    assert said[:2] == [str(tmp_path / "out" / f"{name}.csv") for name in ("points", "feedback")]
    assert "--seed 1 " in said[2]
    with open(tmp_path / "out" / "points.csv", newline="") as file:
        first, second = csv.DictReader(file)
    assert [*first] == ["file", "notebook", "points", "of", "report", "seed"]
    assert [first["file"], second["file"], first["notebook"]] == [str(Path("of a") / "a.ipynb"), "z.ipynb", ""]
    assert re.fullmatch(r"this is no notebook \(\w*JSON\w*\)", first["report"])
    assert second["report"] == "no cell has a grade id of the student edition"
    assert first["points"] == second["points"] == "0"
    own = handed_in.read(tmp_path / "in" / "z.ipynb", lessons())
    assert (own.lesson, own.answers) == (None, {})


class NoWalls:
    """A room on a system that has none."""

    walled = False
    __enter__ = __exit__ = lambda self, *_: self


def test_a_system_without_walls_is_named(monkeypatch, capsys):
    monkeypatch.setattr(grade, "Room", lambda *_: NoWalls())
    assert grade.grade_all([], set(), seed=1) == []
    assert "no Landlock" in capsys.readouterr().out


def test_who_ends_the_process_of_the_lesson_is_named(tmp_path, forked, monkeypatch):
    """For there the answers that come after it have nowhere to run."""
    monkeypatch.setattr(grade, "judge", lambda *_: (_ for _ in ()).throw(EOFError))
    with pytest.raises(
        SystemExit, match=r"^seqmem: \w+ in \S*cheat.ipynb ended the process of the lesson: set it aside$"
    ):
        graded(tmp_path, {"cheat": edition(FIRST)})


def test_points_by_cases_would_be_points_for_a_guess(monkeypatch):
    """What the page for teachers says of two exercises."""
    from seqmem_lib.course.n01_rnn import checks
    from seqmem_lib.course.n14_inside import clock_checks

    judged = {}
    for module, check in ((checks, checks.one_matrix), (clock_checks, clock_checks.find_period)):
        monkeypatch.setattr(module, "judge", lambda attempt, cases, slips, form, **_: judged.update(now=(cases, slips)))
        check(print)
        cases, slips = judged["now"]
        ways = [way for some in slips.values() for way in some]
        judged[check.__name__] = cases, ways
    cases, ways = judged["find_period"]
    right = [sum(way(*given) == wanted for _, given, wanted in cases) for way in (lambda *_: 0, *ways)]
    said = (NOTEBOOKS / "README.md").read_text("utf-8").replace("\n", " ")
    assert f"0 is right in {right[0]} of {len(cases)} cases" in said
    assert f"an answer with a known mistake in up to {max(right)};" in said
    cases, ways = judged["one_matrix"]
    assert not any(all(map(torch.equal, way(*given), wanted)) for way in ways for _, given, wanted in cases)
