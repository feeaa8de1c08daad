"""The process in which answers run: a fork of it for each lesson, and a fork of that for each answer. It is started
from a copy of the package without checks, and this file and wire.py beside it: it must not import anything else of
ours."""

import ctypes
import json
import os
import pickle
import resource
import struct
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from traceback import extract_tb

# What takes long to import: here once, and not for each lesson, or for each answer as what an optimiser asks for.
import matplotlib.pyplot  # noqa: F401
import pandas  # noqa: F401
import seaborn  # noqa: F401
import torch
import torch._dynamo
import wire
from IPython.display import display

CELL = "the answer's cell"
# What an answer may hold in memory, the lesson's own with it, in bytes; and that it may start no processes, which the
# system does not heed for its administrator.
LIMITS = {resource.RLIMIT_DATA: 4 << 30, resource.RLIMIT_NPROC: 0}
# Linux' Landlock: https://docs.kernel.org/userspace-api/landlock.html. The numbers of its calls, and what it can forbid
# from which version on.
CREATE, ADD, RESTRICT = 444, 445, 446
FILES = {1: 13, 2: 14, 3: 15, 5: 16}  # kinds of access to files, as many bits
READ_FILE, READ_FOLDER = 4, 8
NETWORK, OUTSIDE = 4, 6  # TCP; signals and sockets to processes outside


def wall(readable: Iterable[str], writable: Iterable[str] = ()) -> bool:
    """From now on this process and its children can read and write these files and folders only, start no program and
    reach neither network nor other processes. Nobody can take a wall down. False where the system has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return False
    every = (1 << max(bits for since, bits in FILES.items() if since <= version)) - 1
    rules = struct.pack("QQQ", every, 3 * (version >= NETWORK), 3 * (version >= OUTSIDE))
    ruleset = libc.syscall(CREATE, rules, ctypes.c_size_t(len(rules)), 0)
    for path, access in [(one, READ_FILE | READ_FOLDER) for one in readable] + [(one, every) for one in writable]:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        access &= -1 if os.path.isdir(path) else READ_FILE
        done = libc.syscall(ADD, ruleset, 1, struct.pack("=Qi", access, place), 0)
        os.close(place)
        if done:
            raise OSError(ctypes.get_errno(), "no rule for the wall", path)
    libc.prctl(38, 1, 0, 0, 0)  # no program may gain rights, which Landlock asks for
    if ruleset < 0 or libc.syscall(RESTRICT, ruleset, 0):
        raise OSError(ctypes.get_errno(), "the wall does not stand")
    os.close(ruleset)
    return True


def main(descriptor: int, readable: list[str], writable: list[str], seconds: int) -> None:
    """Do what the judging process orders, until it goes away."""
    control, names, child = Connection(descriptor), {"__name__": "__main__", "display": display}, None
    torch.set_num_threads(1)
    control.send(wall(readable, writable))
    while True:
        try:
            order, given = control.recv()
        except EOFError:
            return
        if order == "begin":
            lesson = os.fork()
            if not lesson:
                control.send(None)
            elif os.waitpid(lesson, 0)[1]:
                return  # it was ended by an answer
        elif order == "end":
            os._exit(0)
        elif order == "lesson":
            exec(compile(given, "the lesson", "exec"), names)
            control.send(None)
        elif order == "value":  # pickled as it is, because no student's code ran in this process
            control.send_bytes(pickle.dumps(eval(given, names)))
        elif order == "answer":
            pipe = Connection(recv_handle(control))
            child = os.fork()
            if not child:
                try:
                    control.close()
                    serve(pipe, names, given, readable, seconds)
                finally:
                    os._exit(1)
            pipe.close()
            control.send(child)
        elif order == "ended":
            control.send(os.waitpid(child, 0)[1])


def serve(pipe: Connection, names: dict, sources: list[str], readable: list[str], seconds: int) -> None:
    """Do what is asked of an answer, until nobody asks any more."""
    os.setpgid(0, 0)  # so that all it starts can be ended with it
    os.dup2(1, 2)  # nothing that it prints is kept
    for kind, most in LIMITS.items():
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    wall(readable)
    answer = Answer(names, sources)
    while True:
        message = pipe.recv_bytes()
        try:
            what, about, given, states = pickle.loads(message)
            for one, state in zip(wire.changeable(given), states, strict=True):
                wire.become(one, state)
            said = {"answer": getattr(answer, what)(*about, *given)}
            said["became"] = [wire.state(one) for one in wire.changeable(given)]
            said = json.dumps(said)
        except BaseException as error:
            said = json.dumps({"error": [type(error).__name__, str(error), *at_line(error, sources[-1])]})
        pipe.send_bytes(said.encode())


def at_line(error: BaseException, source: str) -> list:
    """The number of the cell's line in which it arose, and what stands there; nothing if it arose elsewhere."""
    lines = [one.lineno for one in extract_tb(error.__traceback__) if one.filename == CELL]
    if isinstance(error, SyntaxError) and error.filename == CELL:
        lines = [error.lineno]
    return [lines[-1], source.splitlines()[lines[-1] - 1].strip()] if lines else []


class Answer:
    """What the cell defines, and the models that were made of it."""

    def __init__(self, names: dict, sources: list[str]):
        self.names, self.sources, self.models, self.runs = names, sources, [], []

    def define(self, name: str):
        """Run the cell, after those that it uses. Return the names in the class that it defines."""
        for source in self.sources[:-1]:
            with suppress(Exception):  # that one gets its points by itself
                exec(compile(source, "another answer", "exec"), self.names)
        exec(compile(self.sources[-1], CELL, "exec"), self.names)
        if name not in self.names:
            raise NameError(f"there is no {name} in it")
        return wire.encode([*vars(self.names[name])])

    def call(self, name: str, *given):
        return wire.encode(self.names[name](*given), given)

    def on(self, name: str, make):
        return wire.encode(self.names[name](*make()))

    def make(self, name: str, *sizes):
        self.models.append(self.names[name](*sizes))
        return wire.encode([len(self.models) - 1, wire.state(self.models[-1])])

    def run(self, number: int, state: dict, training: bool, grad: bool, *given):
        """What a model answers, with its graph kept for backward()."""
        model = self.models[number]
        wire.become(model, state)
        model.train(training)
        with torch.set_grad_enabled(grad):
            answer = model(*given)
        leaves = [one for one in (*wire.changeable(given), *model.parameters()) if getattr(one, "requires_grad", False)]
        self.runs.append((answer, leaves))
        return wire.encode([len(self.runs) - 1, answer])

    def backward(self, run: int, *gradients):
        """The gradient of each leaf of that run, from those of what it answered; None for one that is not reached."""
        answer, leaves = self.runs[run]
        answer = [answer] if isinstance(answer, torch.Tensor) else answer
        pairs = [pair for pair in zip(answer, gradients, strict=True) if pair[0].requires_grad]
        outputs, gradients = zip(*pairs, strict=True)
        found = torch.autograd.grad(outputs, leaves, gradients, retain_graph=True, allow_unused=True)
        return wire.encode(list(found))
