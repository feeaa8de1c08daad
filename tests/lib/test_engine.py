"""The engine of the page against torch, in float64: torch makes the numbers, and Node.js computes them again."""

import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest
from torch import nn

from seqmem_lib import GRUCell, LSTMCell, RNNCell, record, tasks
from seqmem_lib.cells import unroll
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.start import start_keeping

SCRIPT = Path(__file__).with_name("engine.mjs")
CELLS = {
    "RNN": (nn.RNN, RNNCell, {}),
    "ReLU RNN": (nn.RNN, RNNCell, {"nonlinearity": "relu"}),
    "LSTM": (nn.LSTM, LSTMCell, {}),
    "GRU": (nn.GRU, GRUCell, {}),
}
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
PAGE_TASKS = {
    "store and recall": (tasks.store_and_recall(12), ["storeAndRecall", 12]),
    "latch": (tasks.latch(5), ["latch", 5]),
    "counting": (tasks.counting(9), ["counting", 9]),
    "temporal order": (tasks.temporal_order(10), ["temporalOrder", 10]),
}


@pytest.fixture(scope="module")
def ask():
    """Asks the engine one of the QUESTIONS of engine.mjs. One process answers all of them."""
    node = shutil.which("node")
    if node is None:
        sentence = "the page's engine needs Node.js 20.19 or newer from nodejs.org to be tested"
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen([node, str(SCRIPT)], **options) as process:

        def question(kind: str, **about):
            process.stdin.write(json.dumps({"ask": kind, **about}) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield question


def double(numbers: list[float]) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def by_step(tensor: torch.Tensor) -> list[float]:
    """Of (batch, seq, ...), in the order of the page."""
    return tensor.detach().transpose(0, 1).flatten().tolist()


def close(numbers: list[float], expected: torch.Tensor, tolerance: float) -> None:
    """Both in the order of the page. Where numbers are large, the tolerance is relative."""
    expected = expected.detach().flatten()
    torch.testing.assert_close(double(numbers), expected, rtol=tolerance, atol=tolerance)


@st.composite
def settings_of_a_run(draw):
    sizes = {"batch": (1, 4), "seq": (1, 8), "input_size": (1, 4), "hidden_size": (1, 5), "outputs": (1, 3)}
    kind = {"cell": draw(st.sampled_from(list(CELLS))), "mean": draw(st.booleans()), "words": draw(st.booleans())}
    return kind | {name: draw(st.integers(*ends)) for name, ends in sizes.items()} | {"seed": draw(st.integers(0, 999))}


class Run:
    """A model of random weights, larger than torch's, with what it reads and what is asked of it."""

    def __init__(self, cell, mean, words, batch, seq, input_size, hidden_size, outputs, seed):
        torch.manual_seed(seed)
        torch.set_default_dtype(torch.float64)
        try:
            self.layer_type, self.cell_type, self.options = CELLS[cell]
            self.name, self.mean, self.batch, self.seq, self.hidden_size = cell, mean, batch, seq, hidden_size
            self.embedding = nn.Embedding(6, input_size) if words else None
            self.cell = self.cell_type(input_size, hidden_size, **self.options)
            self.readout = nn.Linear(hidden_size, outputs)
            for parameter in (*self.cell.parameters(), *self.readout.parameters()):
                nn.init.uniform_(parameter, -1.2, 1.2)
            self.read = torch.randint(6, (batch, seq)) if words else torch.randn(batch, seq, input_size)
            self.start = {name: torch.randn(batch, hidden_size, requires_grad=True) for name in self.cell.STATES}
            self.d_output = torch.randn(batch, seq, outputs)
        finally:
            torch.set_default_dtype(torch.float32)

    @property
    def x(self):
        return self.read if self.embedding is None else self.embedding(self.read)

    def weights(self) -> dict[str, torch.Tensor]:
        named = {name: getattr(self.cell, name) for name in WEIGHTS}
        named |= {f"readout_{name}": one for name, one in self.readout.named_parameters()}
        return named if self.embedding is None else named | {"embedding": self.embedding.weight}

    def question(self):
        weights = {name: one.flatten().tolist() for name, one in self.weights().items()}
        model = {"cell": self.name, "hidden_size": self.hidden_size, "weights": weights}
        model |= {"read": "mean"} if self.mean else {}
        start = {name: one.flatten().tolist() for name, one in self.start.items()}
        return {"model": model, "x": by_step(self.read), "start": start, "batch": self.batch}

    def asked(self, ask, hold=()):
        return ask("run", **self.question(), hold=list(hold), d_output=by_step(self.d_output))

    def output(self, h):
        count = torch.arange(1, self.seq + 1)[:, None]
        return self.readout(h.cumsum(dim=1) / count if self.mean else h)


@settings(max_examples=80)
@given(about=settings_of_a_run())
def test_it_computes_what_torch_s_layers_compute(ask, about):
    run = Run(**about)
    layer = run.layer_type(run.x.shape[-1], run.hidden_size, batch_first=True, dtype=torch.float64, **run.options)
    layer.load_state_dict({f"{name}_l0": getattr(run.cell, name) for name in WEIGHTS})
    start = tuple(one[None] for one in run.start.values())
    h, _ = layer(run.x, start if len(start) > 1 else start[0])
    output = run.output(h)
    (output * run.d_output).sum().backward()

    answer = run.asked(ask)
    close(answer["output"], output.transpose(0, 1), 1e-12)
    trace = record(layer, run.x, state=start if len(start) > 1 else start[0])
    for name, values in trace.values.items():
        close(answer["values"][name], values.transpose(0, 1), 1e-12)
    for name in WEIGHTS:
        close(answer["weights"][name], getattr(layer, f"{name}_l0").grad, 1e-10)
    for name, one in run.weights().items():
        if name not in WEIGHTS:
            close(answer["weights"][name], one.grad, 1e-10)
    for name, one in run.start.items():
        close(answer["d_start"][name], one.grad, 1e-10)


@st.composite
def held(draw, about):
    """A few holds as the page has them, some of them overlapping."""
    cell = CELLS[about["cell"]][1]
    one = {"name": st.sampled_from([*cell.GATES, *cell.STATES]), "value": st.floats(-1.5, 1.5)}
    steps = st.integers(0, about["seq"])
    part = {"unit": st.integers(0, about["hidden_size"] - 1), "from": steps, "to": steps}
    return draw(st.lists(st.fixed_dictionaries(one, optional=part), min_size=1, max_size=4))


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=30)
@given(data=st.data(), about=settings_of_a_run())
def test_what_is_held_is_what_record_holds_and_feels_no_gradient(ask, cell, data, about):
    about |= {"cell": cell}
    run, holds = Run(**about), data.draw(held(about))
    clamp = {one["name"]: torch.full((run.seq, run.hidden_size), math.nan).double() for one in holds}
    for one in holds:
        unit, steps = one.get("unit"), slice(one.get("from"), one.get("to"))
        clamp[one["name"]][steps, slice(None) if unit is None else unit] = one["value"]
    free = {name: [] for name in (*run.cell.GATES, *run.cell.STATES)}

    def hold(t, name, value):
        free[name].append(value)
        wanted = clamp.get(name, torch.full((run.seq, 1), math.nan))[t].to(value)
        return torch.where(wanted.isnan(), value, wanted)

    steps = unroll(run.cell, run.x, list(run.start.values()), hold=hold)
    output = run.output(torch.stack(steps["h"], dim=1))
    of = [*(one for name in run.cell.STATES for one in free[name]), *run.start.values(), *run.weights().values()]
    gradients = iter(torch.autograd.grad((output * run.d_output).sum(), of, materialize_grads=True))

    answer = run.asked(ask, holds)
    close(answer["output"], output.transpose(0, 1), 1e-12)
    state = tuple(run.start.values())
    trace = record(run.cell, run.x, state=state if len(state) > 1 else state[0], clamp=clamp)
    for name, values in trace.values.items():
        close(answer["values"][name], values.transpose(0, 1), 1e-12)
    for name in run.cell.STATES:
        close(answer["d"][name], torch.stack([next(gradients) for _ in range(run.seq)]), 1e-10)
    for name in run.start:
        close(answer["d_start"][name], next(gradients), 1e-10)
    for name in run.weights():
        close(answer["weights"][name], next(gradients), 1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_a_loss_of_the_states_themselves(ask, cell):
    """Of c too, such as the gradient of the last memory with respect to all earlier ones."""
    about = {"cell": cell, "mean": False, "words": False, "batch": 2, "seq": 6, "input_size": 3}
    run = Run(**about, hidden_size=4, outputs=1, seed=1)
    direct = {name: torch.randn(2, 6, 4).double() for name in run.cell.STATES}
    states = unroll(run.cell, run.x, list(run.start.values()))
    total = sum((torch.stack(states[name], dim=1) * one).sum() for name, one in direct.items())
    of = [*(one for name in direct for one in states[name]), *(getattr(run.cell, name) for name in WEIGHTS)]
    gradients = iter(torch.autograd.grad(total, of, materialize_grads=True))
    answer = ask("layer", **run.question(), direct={name: by_step(one) for name, one in direct.items()})
    for name in direct:
        close(answer["d"][name], torch.stack([next(gradients) for _ in range(6)]), 1e-10)
    for name in WEIGHTS:
        close(answer["weights"][name], next(gradients), 1e-10)


def test_a_hold_of_something_else_is_refused(ask):
    about = {"cell": "GRU", "mean": False, "words": False, "batch": 1, "seq": 2}
    run = Run(**about, input_size=1, hidden_size=1, outputs=1, seed=0)
    assert run.asked(ask, [{"name": "f", "value": 1}]) == {"error": "hold names f, but this cell has r, z, n, h"}


@pytest.mark.parametrize("task", PAGE_TASKS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_training_is_torch_s(ask, task, cell):
    """Two hundred updates of Adam, on what the page drew, with the loss and the metric that the task has in Python."""
    kind, _, options = CELLS[cell]
    task, page_task = PAGE_TASKS[task]
    about = {"task": page_task, "cell": cell, "hidden_size": 3, "seed": 5, "updates": 200, "batch": 6, "lr": 0.02}
    keep = {"keep": 1.5} if cell in ("LSTM", "GRU") else {}
    answer = ask("train", **about, **keep)
    model = SequenceModel(kind, task, hidden_size=3, seed=0, **options).double()
    page = {f"rnn.{name}_l0": name for name in WEIGHTS} | {
        f"readout.{one}": f"readout_{one}" for one in ("weight", "bias")
    }
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(double(answer["first"][page[name]]).view_as(parameter))
    if keep:
        before = [one.clone() for one in model.parameters()]
        start_keeping(model.rnn, 1.5)
        assert all(map(torch.equal, before, model.parameters()))

    def tensors(batch):
        x = double(batch["x"]).view(-1, 6, task.input_size).transpose(0, 1)
        if task.output_size == 1:
            return x, double(batch["y"]).view(-1, 6, 1).transpose(0, 1)
        return x, torch.tensor(batch["y"])

    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for batch, page_loss in zip(answer["batches"], answer["losses"], strict=True):
        x, y = tensors(batch)
        loss = task.loss(model(x), y)
        assert page_loss == pytest.approx(loss.item(), rel=1e-8, abs=1e-9)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for name, parameter in model.named_parameters():
        close(answer["weights"][page[name]], parameter, 1e-8)
    x, y = tensors(answer["test"])
    assert answer["score"] == pytest.approx(task.metric(model(x), y).item(), rel=1e-7)


def test_the_random_numbers_are_xoshiro_s(ask):
    """The generators of their authors, in whole numbers of any size cut to 32 bits."""

    def reference(seed: int):
        words, cut = [], 2**32 - 1
        for k in range(1, 5):  # splitmix32
            word = (seed + k * 0x9E3779B9) & cut
            word = (word ^ word >> 16) * 0x21F0AAAD & cut
            word = (word ^ word >> 15) * 0x735A2D97 & cut
            words.append(word ^ word >> 15)
        while True:  # xoshiro128**
            turned = words[1] * 5 & cut
            turned = (turned << 7 | turned >> 25) & cut
            yield turned * 9 & cut
            shifted = words[1] << 9 & cut
            words[2] ^= words[0]
            words[3] ^= words[1]
            words[1] ^= words[2]
            words[0] ^= words[3]
            words[2] ^= shifted
            words[3] = (words[3] << 11 | words[3] >> 21) & cut

    for seed in (0, 1, 7, 2**31 + 5):
        numbers = reference(seed)
        assert ask("random", seed=seed, count=500) == [(next(numbers) + 0.5) / 2**32 for _ in range(500)]
    assert kstest(ask("random", seed=3, count=20_000), "uniform").pvalue > 0.001


@pytest.mark.parametrize("name", PAGE_TASKS)
def test_the_page_draws_what_python_draws(ask, name):
    """Sizes, names and marks are equal; so is, but for luck, how often each feature is on at each step, and each y."""
    task, page_task = PAGE_TASKS[name]
    count = 8000
    drawn = ask("draw", task=page_task, batch=count, seed=11)
    about, x = drawn["task"], double(drawn["x"]).view(-1, count, task.input_size).transpose(0, 1)
    expected, y = task(count, generator=torch.Generator().manual_seed(0))
    assert x.shape == expected.shape
    named = {one: getattr(task, one) for one in ("name", "input_size", "output_size", "chance")}
    assert named == {one: about[one] for one in named}
    assert about["seq"] == x.shape[1]
    assert drawn["due"] == drawn["y"], "what stands there is what was drawn"
    assert set(about["marks"]) == {mark for sequence in task.tokens(expected.double()) for mark in sequence}
    # The difference of two means of as many draws, in its own standard deviations; 4.5 for the largest of a few dozen.
    for ours, theirs in ((x, expected.double()), (x**2, expected.double() ** 2)):
        spread = (2 * theirs.var(dim=0) / count).sqrt()
        assert ((ours.mean(dim=0) - theirs.mean(dim=0)).abs() <= 4.5 * spread + 1e-12).all()
    if task.output_size == 1:
        ours, theirs = double(drawn["y"]).view(-1, count).T, y[..., 0].double()
        answers = torch.zeros(count, x.shape[1]).double()
        for b, sequence in enumerate(x.tolist()):
            stored = None
            for t, (value, write, read) in enumerate(sequence):
                stored = value if write else stored
                answers[b, t] = stored if read else 0  # a read before any write would store None
        assert torch.equal(ours, answers)
        assert kstest(ours[ours != 0], "uniform", (-1, 2)).pvalue > 0.001
    else:
        ours, theirs = (nn.functional.one_hot(one, task.output_size).double() for one in (torch.tensor(drawn["y"]), y))
        assert torch.equal(torch.tensor(drawn["y"]), CLASS_OF[name](x.argmax(dim=-1)))
        assert (x.sum(dim=-1) == 1).all()
    spread = (2 * theirs.var(dim=0) / count).sqrt()
    assert ((ours.mean(dim=0) - theirs.mean(dim=0)).abs() <= 4.5 * spread + 1e-12).all()


def order_of_marks(letters: torch.Tensor) -> torch.Tensor:
    marks = letters[letters < 2].view(-1, 2)  # exactly two in each sequence, or this fails
    return 2 * marks[:, 0] + marks[:, 1]


CLASS_OF = {
    "latch": lambda letters: letters[:, 0],
    "counting": lambda letters: 1 + ((letters == 2).sum(dim=1) - (letters == 1).sum(dim=1)),
    "temporal order": order_of_marks,
}


def test_first_weights_are_uniform(ask):
    about = {"task": ["latch", 3], "cell": "GRU", "updates": 0, "batch": 1, "lr": 0, "seed": 2, "hidden_size": 16}
    weights = ask("train", **about)["first"]
    sizes = {name: len(one) for name, one in weights.items()}
    model = SequenceModel(nn.GRU, tasks.latch(3), hidden_size=16, seed=0)
    assert list(sizes.values()) == [one.numel() for one in model.parameters()]
    for one in weights.values():
        assert kstest(one, "uniform", (-0.25, 0.5)).pvalue > 0.001
