import os
import subprocess
import sys
import traceback
from threading import Lock
from time import sleep

import pytest
from nbformat.v4 import new_notebook
from windows import as_on_windows


class Fork:
    """In the place of subprocess.Popen: a fork of this process, in which the script runs that Python was to run."""

    def __init__(self, command, *, pass_fds, cwd, env, stdin, stdout, stderr):
        assert command[:2] == [sys.executable, "-I"], "nothing of the user's own is to be imported"
        assert stdin == stdout == subprocess.DEVNULL
        (kept,) = pass_fds
        self.pid = os.fork()
        if self.pid:
            return
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for here, there in ((nothing, 0), (nothing, 1), (stderr.fileno(), 2)):
                os.dup2(here, there)
            os.closerange(3, kept)
            os.closerange(kept + 1, 1 << 12)
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # not pytest's
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(env)
            exec(command[-1], {})
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(0)

    def wait(self):
        os.waitpid(self.pid, 0)


@pytest.fixture
def forked(monkeypatch):
    """Answers run in forks of this process, where torch is there already. The checks are there as well: not for answers
    that look for them."""
    from publish.grade import host, wire

    monkeypatch.setitem(sys.modules, "wire", wire)  # which lies beside room.py there
    from publish.grade import room

    monkeypatch.setitem(sys.modules, "room", room)
    monkeypatch.setattr(host.subprocess, "Popen", Fork)


@pytest.fixture
def windows():
    with as_on_windows():
        yield


@pytest.fixture
def slow_run():
    """Stands for the run of a notebook, which takes much memory: of two, the second must wait for the first."""
    running, met = Lock(), []

    def run(*_, **__):
        met.append(not running.acquire(blocking=False))
        sleep(0.05)
        if not met[-1]:
            running.release()
        return new_notebook()

    yield run
    assert met == [False, False]
