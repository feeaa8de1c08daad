"""Functions that the tests of sweep() run in other processes, which must be able to import them."""

import os
import signal
import time
from pathlib import Path

import torch


def draw(size, label, generator):
    """Random numbers, from the generator and nothing else."""
    torch.manual_seed(os.getpid())  # a global seed must not matter
    values = torch.randn(size, generator=generator, dtype=torch.float64)
    return {"mean": values.mean().item(), "name": f"{label} {size}", "pair": ""}


def leave_a_mark(folder, k, generator):
    """Which points were computed, and how often."""
    (Path(folder) / f"{k}-{time.monotonic_ns()}").touch()
    return {"square": k**2}


def die_once(folder, k, generator):
    """At point 5 the process is killed, unless that has happened already, and not before all the other points are in
    the file: a result on its way between two processes would be lost with them, after it has left its mark."""
    if k == 5 and not (Path(folder) / "killed").exists():
        kept, late = Path(folder) / "done.jsonl", time.monotonic() + 300
        while time.monotonic() < late and not (kept.exists() and kept.read_text().count("\n") == 7):
            time.sleep(0.05)
        (Path(folder) / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return leave_a_mark(folder, k, generator)


def fail_at_three(k, generator):
    if k == 3:
        raise ZeroDivisionError("three")
    return {"square": k**2}


def slowly(folder, k, generator):
    time.sleep(0.3)
    return leave_a_mark(folder, k, generator)


def power(k, exponent, generator):
    return {"value": k**exponent}
