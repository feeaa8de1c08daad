"""The exercises of notebook 09 on linear recurrences and carried states."""

import pytest
from verdict import verdict_on

from seqmem_lib.course.n11_training import checks


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), ": correct."),
        (lambda p, q: ..., "not attempted yet."),
        (lambda p, q: (p[0] * q[0], p[1] + q[1]), "Hint: the second step multiplies"),
        (lambda p, q: (p[0] * q[0], p[0] * q[1] + p[1]), "Hint: the first step acts first"),
        (lambda p, q: (p[0] + q[0], q[0] * p[1] + q[1]), "Hint: the factors of h multiply"),
        (lambda p, q: p[0] * q[0], "not yet. Return a pair (a, b)"),
        (lambda p, q: (q[0], q[1]), "not yet. The numbers are wrong"),
        (lambda p, q: p[7], "stopped with IndexError"),
    ],
)
def test_compose_steps(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.compose_steps, capsys)


def detached(state):
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (detached, ": correct."),
        (lambda state: None, "not attempted yet."),
        (lambda state: state, "Hint: h of a GRU still has its history"),
        (
            lambda state: (state[0].detach(), state[1]) if isinstance(state, tuple) else state.detach(),
            "c of an LSTM still",
        ),
        (
            lambda state: [one.detach() for one in state] if isinstance(state, tuple) else state.detach(),
            "as a tuple, (h, c)",
        ),
        (lambda state: tuple(one.detach() for one in state), "one tensor"),
        (
            lambda state: detached(tuple(one * 0 for one in state)) if isinstance(state, tuple) else state.detach() * 0,
            "changed",
        ),
        (
            lambda state: tuple(one.detach_() for one in state) if isinstance(state, tuple) else state.detach_(),
            "Hint: you changed the tensors that were given",
        ),
        (lambda state: state.detach(), "stopped with AttributeError"),
    ],
)
def test_detach_state(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.detach_state, capsys)
