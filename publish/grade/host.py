"""The process of room.py, from outside: it is given lessons, and lends a fork of itself to each answer."""

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path
from threading import Timer

import seqmem_lib
from publish.grade.attempt import Conversation
from publish.grade.lesson import of_checks

HERE = Path(__file__).parent
PACKAGE = Path(seqmem_lib.__file__).parent
# What stands in the place of checks, because cells of the lesson call them.
NO_CHECKS = """def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *_: None
"""
COMPUTING, WAITING = 10, 60  # seconds for an answer: of the processor, and of the clock
KEPT = "PATH", "LANG", "MPLCONFIGDIR"  # of the environment
SYSTEM = "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share"  # where libraries and fonts are
DEVICES = "/dev/null", "/dev/urandom"


class Room:
    """A process in `folder`, which is empty, with a copy of the package that has no checks. Nothing in `hidden` can be
    read there."""

    def __init__(self, folder: Path, hidden: Iterable[Path]):
        copy, work = folder / "seqmem_lib", folder / "work"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "judge.py"))
        for path in of_checks():
            # for the lesson's cells that call them
            (copy / path.relative_to(PACKAGE)).write_text(NO_CHECKS, newline="\n")
        for name in ("room.py", "wire.py"):
            shutil.copy(HERE / name, folder)
        work.mkdir()
        readable = [folder, *_readable(hidden)]
        own, other = socket.socketpair()
        about = other.fileno(), [*map(str, readable)], [str(work)], COMPUTING
        script = f"import sys; sys.path.insert(0, {str(folder)!r}); import room; room.main(*{about!r})"
        few = {name: os.environ[name] for name in KEPT if name in os.environ}
        few |= {"HOME": str(work), "TMPDIR": str(work), "MPLBACKEND": "agg"}
        few |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        self.said = folder / "said"
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-W", "ignore", "-c", script],
                pass_fds=[other.fileno()],
                cwd=work,
                env=few,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        other.close()
        self.control = Connection(own.detach())
        self.walled = self.control.recv()

    @contextmanager
    def lesson(self) -> Iterator[None]:
        """In between, all that runs belongs to one lesson; the next knows nothing of it."""
        self.control.send(("begin", None))
        self.control.recv()
        yield
        self.control.send(("end", None))

    def run(self, source: str) -> None:
        self.control.send(("lesson", source))
        try:
            self.control.recv()
        except EOFError:
            raise RuntimeError(f"the lesson stopped: {self.said.read_text()}") from None

    def value(self, expression: str):
        self.control.send(("value", expression))
        return pickle.loads(self.control.recv_bytes())

    @contextmanager
    def answer(self, sources: list[str]) -> Iterator[Conversation]:
        """A fork of the process, in which the last of these cells is an answer; it may use what the others define."""
        own, other = socket.socketpair()
        self.control.send(("answer", sources))
        send_handle(self.control, other.fileno(), self.process.pid)
        other.close()
        child = self.control.recv()
        pipe = Connection(os.dup(own.fileno()))
        conversation = Conversation(pipe, f"it ended its process, or computed for more than {COMPUTING} seconds")

        def stop():
            conversation.ended = conversation.ended or f"it took more than {WAITING} seconds"
            own.shutdown(socket.SHUT_RDWR)

        clock = Timer(WAITING, stop)
        clock.start()
        try:
            yield conversation
        finally:
            clock.cancel()
            pipe.close()
            own.close()
            for end in (os.kill, os.killpg):  # it, and what it may have started
                with suppress(OSError):  # it is gone already
                    end(child, signal.SIGKILL)
            self.control.send(("ended", None))
            self.control.recv()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.process.wait()


def _readable(hidden: Iterable[Path]) -> Iterator[Path]:
    """What Python and its libraries need to read, without what is hidden and the package as it is installed."""
    installed = {Path(sysconfig.get_path(name)).resolve() / "seqmem_lib" for name in ("purelib", "platlib")}
    hidden = {*hidden, *installed}

    def around(folder: Path) -> Iterator[Path]:
        if not any(one.is_relative_to(folder) for one in hidden):
            yield from [folder] if folder.exists() else []  # a link may lead nowhere
        elif folder not in hidden:
            for one in folder.iterdir():
                yield from around(one)

    for name in {sys.prefix, sys.base_prefix, *SYSTEM}:
        yield from around(Path(name).resolve())
    yield from map(Path, DEVICES)
