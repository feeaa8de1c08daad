"""The process in which answers run, and what stands in for them where they are judged."""

import os
import re
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from torch import nn

if sys.platform == "win32":
    pytest.skip("answers run in forks, and Windows has none", allow_module_level=True)

from publish.grade import attempt, host
from publish.grade.attempt import class_, function

ROOT = Path(__file__).parents[2]
SOURCE = """
import os, resource, sys, torch
from torch import nn

def add(a, b):
    return a + b

def change(tensor, numbers, layer):
    tensor.mul_(2)
    numbers.append(4)
    with torch.no_grad():
        layer.weight.zero_()
    return layer

def look_up(x):
    kept = {}
    return kept[x]

def of_torch(x):
    return x @ x

def about():
    limits = [resource.getrlimit(one) for one in (resource.RLIMIT_DATA, resource.RLIMIT_NPROC, resource.RLIMIT_CPU)]
    print("to nobody", flush=True)
    print("to nobody", file=sys.stderr, flush=True)
    return {"limits": limits, "pid": os.getpid(), "group": os.getpgid(0), "threads": torch.get_num_threads()}

class Both(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.rnn = nn.GRU(input_size, hidden_size, batch_first=True)
        self.part = nn.ModuleDict({"drop": nn.Dropout(0.5), "readout": nn.Linear(hidden_size, 2)})
        self.frozen = nn.Parameter(torch.randn(2), requires_grad=False)
        self.unused = nn.Parameter(torch.randn(2))
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, x):
        states, last = self.rnn(x)
        return self.part["readout"](self.part["drop"](states)) * self.scale + self.frozen, last

class One(Both):
    def forward(self, x):
        return super().forward(x)[0]

class Ends(Both):
    def forward(self, x, lengths):
        states = super().forward(x)[0]
        return torch.stack([one[length - 1] for one, length in zip(states, lengths)])

class Counts(Both):
    def forward(self, x):
        return super().forward(x)[0].argmax(-1)
"""


@pytest.fixture
def room(tmp_path, forked, monkeypatch):
    monkeypatch.setenv("SECRET", "of this process")
    monkeypatch.setenv("PATH", "/bin")
    (tmp_path / "room").mkdir()
    with host.Room(tmp_path / "room", {ROOT}) as own:
        yield own


@pytest.fixture
def conversation(room):
    with room.answer([SOURCE]) as conversation:
        conversation.ask("define", "add")
        yield conversation


def test_a_function_answers_from_there(conversation):
    add, change = (function(conversation, name) for name in ("add", "change"))
    assert (add.__name__, add(2, 3), add.on(lambda: ("a", "b"))) == ("add", 5, "ab")
    tensor, numbers, layer = torch.ones(2), [3], nn.Linear(2, 1)
    assert change(tensor, numbers, layer) is layer
    assert (tensor.tolist(), numbers, layer.weight.tolist()) == ([2.0, 2.0], [3, 4], [[0.0, 0.0]])


def test_an_error_arrives_with_its_kind_and_its_line(conversation):
    with pytest.raises(KeyError, match="'a'") as error:
        function(conversation, "look_up")("a")
    line = SOURCE.splitlines().index("    return kept[x]") + 1
    assert error.value.at_line == (str(line), "return kept[x]")
    with pytest.raises(RuntimeError) as error:
        function(conversation, "of_torch")(torch.ones(2, 3))
    assert error.value.at_line[1] == "return x @ x"
    with pytest.raises(NameError, match="there is no other in it") as error:
        conversation.ask("define", "other")
    assert error.value.at_line == ("", ""), "that arose elsewhere"
    assert not conversation.ended
    assert function(conversation, "add")(1, 1) == 2, "it goes on"


def test_a_cell_that_is_no_python_says_in_which_line(room):
    with room.answer(["x = 1\ndef f(:"]) as conversation, pytest.raises(SyntaxError) as error:
        conversation.ask("define", "f")
    assert error.value.at_line == ("2", "def f(:")


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("ValueError", ValueError),
        ("UnicodeDecodeError", Exception),
        ("KeyboardInterrupt", Exception),
        ("print", Exception),
        ("Own", Exception),
        ("a b!", Exception),
        ("!", Exception),
        ("x" * 99, Exception),
    ],
)
def test_whatever_is_raised_there_is_an_error_here(kind, known):
    error = attempt._error(kind, "why")
    assert isinstance(error, known)
    assert str(error) == "why"
    assert type(error).__name__ == (re.sub(r"\W", "", kind) or "Error")[:40]
    assert error.at_line == ("", "")


@pytest.mark.parametrize(("name", "more"), [("Both", []), ("One", []), ("Ends", [[5, 2]])])
def test_a_model_there_answers_and_learns_as_one_here(conversation, name, more):
    own = conversation.ask("define", name)
    there = class_(conversation, name, own)(3, 4)
    exec(SOURCE, names := {})
    here = names[name](3, 4)
    here.load_state_dict(there.state_dict())
    for mine, its in (
        (there.named_parameters(), here.named_parameters()),
        (there.named_buffers(), here.named_buffers()),
    ):
        assert {key: one.requires_grad for key, one in mine} == {key: one.requires_grad for key, one in its}
    for given in (False, True):
        x = torch.randn(2, 5, 3)
        tried = []
        for one in (there.eval(), here.eval()):
            with torch.no_grad():
                one.frozen.add_(1)
                one.zero_grad()
            x = x.detach().requires_grad_(given)
            answer = one(x, *more)
            outputs = answer if name == "Both" else (answer,)
            assert isinstance(outputs, tuple)
            (outputs[0] ** 2).sum().backward()
            leaves = [x, *one.parameters()] if given else [*one.parameters()]
            tried.append([*outputs, *(each.grad for each in leaves)])
        for mine, its in zip(*tried, strict=True):
            assert mine is its is None or torch.allclose(mine, its)
    with torch.no_grad():
        quiet, x = there(x, *more), x.detach()
    assert not any(one.requires_grad for one in (quiet if name == "Both" else (quiet,)))
    first = [torch.as_tensor(there(x, *more)[0]) for _ in range(2)]
    assert torch.equal(*first)
    there.train()
    assert not torch.equal(there(x, *more)[0], there(x, *more)[0]), "dropout is in force"


def test_what_is_no_number_with_a_gradient_is_an_answer_too(conversation):
    there = class_(conversation, "Counts", conversation.ask("define", "Counts"))(3, 4)
    assert there(torch.randn(2, 5, 3)).shape == (2, 5)


def test_a_stand_in_has_the_methods_that_are_its_own():
    kinds = [vars(class_(None, "Net", own)) for own in (["__init__", "forward", "other"], ["forward"], [])]
    found = [{"__init__", "forward", "other"} & kind.keys() for kind in kinds]
    assert found == [{"__init__", "forward"}, {"forward"}, set()]


def test_an_answer_is_held_within_limits(conversation, room):
    about = function(conversation, "about")()
    assert [*map(list, about["limits"])] == [[4 << 30] * 2, [0, 0], [host.COMPUTING] * 2]
    assert about["pid"] == about["group"] != os.getpid()
    assert about["threads"] == 1
    assert room.said.read_text() == "", "nothing that it prints is kept"


def test_an_answer_uses_those_before_it_and_none_of_another(room):
    helper = "def helper():\n    return 3\n\n1 / 0"
    with room.answer([helper, "def use():\n    return helper()"]) as conversation:
        assert conversation.ask("define", "use") == []
        assert function(conversation, "use")() == 3
    with room.answer(["def use():\n    return helper()"]) as conversation:
        conversation.ask("define", "use")
        with pytest.raises(NameError, match="helper"):
            function(conversation, "use")()


def test_an_answer_that_is_over_is_gone(room, monkeypatch):
    source = "import os, time\n\ndef own():\n    return os.getpid()\n\ndef sleep():\n    time.sleep(1e6)\n\n"
    source += "def leave():\n    os._exit(0)\n\ndef many(n):\n    return 'a' * n"
    pids = []
    for name, given, said in (
        ("sleep", (), "it took more than 1 seconds"),
        ("leave", (), f"it ended its process, or computed for more than {host.COMPUTING} seconds"),
        ("many", (attempt.LARGEST,), "its answer has more than 16,777,216 bytes"),
        ("own", (), ""),
    ):
        monkeypatch.setattr(host, "WAITING", 1 if name == "sleep" else 60)
        with room.answer([source]) as conversation:
            conversation.ask("define", "own")
            pids.append(function(conversation, "own")())
            if said:
                for _ in range(2):
                    with pytest.raises(Exception, match=re.escape(said)) as error:
                        function(conversation, name)(*given)
                assert type(error.value).__name__ == "Ended"
        assert conversation.ended == said
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize("reply", [b"no JSON", b"[]", b"{}", b'{"answer": 1}', b'{"answer": 1, "became": [1]}'])
def test_a_reply_that_was_written_by_hand_is_a_wrong_answer(reply):
    class Pipe:
        send_bytes: Callable = lambda self, message: None
        recv_bytes: Callable = lambda self, most: reply

    conversation = attempt.Conversation(Pipe(), "gone")
    with pytest.raises(ValueError, match=r"its answer cannot be read \(\w+Error\)"):
        conversation.ask("call", "f", given=())
    assert not conversation.ended


def test_a_lesson_knows_nothing_of_the_one_before(room):
    for _ in range(2):
        with room.lesson():
            assert not room.value("'kept' in globals()")
            room.run("kept = [1, __name__, display.__name__]")
            assert room.value("kept") == [1, "__main__", "display"]
            with room.answer(["def f():\n    kept.append(2)\n    return kept"]) as conversation:
                conversation.ask("define", "f")
                assert function(conversation, "f")() == [1, "__main__", "display", 2]
            assert len(room.value("kept")) == 3


def test_a_lesson_that_stops_is_an_error_of_ours(room):
    with pytest.raises(RuntimeError, match=r"(?s)the lesson stopped: .*ZeroDivisionError"):
        room.run("1 / 0")


def test_a_room_has_a_folder_an_environment_and_a_package_of_its_own(room, tmp_path):
    folder = tmp_path / "room"
    there, work = room.value("dict(__import__('os').environ)"), str(folder / "work")
    assert room.value("__import__('os').getcwd()") == there.pop("HOME") == there.pop("TMPDIR") == work
    assert (there.pop("CUDA_VISIBLE_DEVICES"), there.pop("OMP_NUM_THREADS"), there.pop("MPLBACKEND")) == (
        "",
        "1",
        "agg",
    )
    assert there == {name: os.environ[name] for name in host.KEPT if name in os.environ}
    copied = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert copied >= {"room.py", "wire.py", "seqmem_lib/__init__.py", "seqmem_lib/course/results/latch.csv"}
    assert not [name for name in copied if "judge.py" in name or "__pycache__" in name]
    names = {}
    exec((folder / "seqmem_lib" / "course" / "n01_rnn" / "checks.py").read_text("utf-8"), names)
    assert names["__getattr__"]("one_matrix")(print, 3) is None
    with pytest.raises(AttributeError):
        names["__getattr__"]("__path__")


def test_the_wall_is_closer_around_an_answer(room, tmp_path):
    if not room.walled:
        pytest.skip("this system has no Landlock, as Linux has from 5.13 on")
    (tmp_path / "secret").write_text("42")
    own, others = tmp_path / "room", os.getpid()
    tries = {
        f"open({str(own / 'wire.py')!r})": (True, True),
        f"os.listdir({str(own)!r})": (True, True),
        "open('mine', 'w')": (True, False),
        f"open({str(own / 'wire.py')!r}, 'a')": (False, False),
        f"open({str(tmp_path / 'secret')!r})": (False, False),
        f"os.listdir({str(tmp_path)!r})": (False, False),
        "open('/dev/null').read()": (True, True),
        "os.listdir('/')": (False, False),
        f"os.kill({others}, 0)": (False, False),
        "socket.create_connection(ADDRESS)": (False, False),
        "os.execv('/bin/true', ['true'])": (False, False),
    }
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        define = f"import os, socket\n\nADDRESS = {listening.getsockname()!r}\n\ndef can(what):\n    try:\n"
        define += "        eval(what)\n    except OSError:\n        return False\n    return True"
        room.run(define)
        lesson = {what: room.value(f"can({what!r})") for what in tries}
        conversation = stack.enter_context(room.answer([define]))
        conversation.ask("define", "can")
        answer = {what: function(conversation, "can")(what) for what in tries}
    assert {what: (lesson[what], answer[what]) for what in tries} == tries


class Linux:
    """Of a kernel: the calls that a wall is made of, and what it was asked to forbid and to allow."""

    def __init__(self, version, fails=None):
        self.version, self.fails, self.forbidden, self.allowed, self.gains = version, fails, None, [], None

    def syscall(self, number, *given):
        if number == 444:
            if given[0] is None:
                return self.version
            self.forbidden = struct.unpack("QQQ", given[0])
            return os.open(os.devnull, os.O_RDONLY)
        if number == 445:
            self.allowed.append(struct.unpack("=Qi", given[2])[0])
        return -(number == self.fails)

    def prctl(self, *given):
        self.gains = given


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux'")
@pytest.mark.parametrize(
    ("version", "forbidden"),
    {1: (13, 0, 0), 2: (14, 0, 0), 3: (15, 0, 0), 4: (15, 3, 0), 5: (16, 3, 0), 6: (16, 3, 3), 7: (16, 3, 3)}.items(),
)
def test_a_wall_forbids_all_that_its_linux_can(version, forbidden, monkeypatch, forked, tmp_path):
    """The numbers are of the kernel's documentation."""
    room, linux = sys.modules["room"], Linux(version)
    monkeypatch.setattr(room.ctypes, "CDLL", lambda *_, **__: linux)
    every = (1 << forbidden[0]) - 1
    assert room.wall([str(tmp_path), os.devnull], [str(tmp_path)]) is True
    assert linux.forbidden == (every, *forbidden[1:])
    assert linux.allowed == [4 | 8, 4, every], "to read and to list; to read; all"
    assert linux.gains == (38, 1, 0, 0, 0), "no new privileges; the others have to be 0"


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux'")
def test_a_wall_that_does_not_stand_is_an_error_unless_there_are_none(monkeypatch, forked):
    room = sys.modules["room"]
    for version in (0, -1):
        monkeypatch.setattr(room.ctypes, "CDLL", lambda *_, version=version, **__: Linux(version))
        assert room.wall(["/"]) is False
    for call, said in ((445, "no rule for the wall: '/'"), (446, "the wall does not stand")):
        monkeypatch.setattr(room.ctypes, "CDLL", lambda *_, call=call, **__: Linux(4, call))
        with pytest.raises(OSError, match=said):
            room.wall(["/"])
