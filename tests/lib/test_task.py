"""A Task: its draws are those of the functions that came before it, and it knows how an answer is judged."""

from dataclasses import FrozenInstanceError

import pytest
import torch
from torch import Generator, nn

from seqmem_lib import SequenceModel, evaluate, train, train_together
from seqmem_lib import tasks as of
from seqmem_lib.tasks import Task
from seqmem_lib.tasks.judging import squared_error

# Made in each test: a task that is made while this file is read, `make mutate` does not see changed.
TASKS = {
    "adding": lambda: of.adding(4),
    "copy": lambda: of.copy(2),
    "counting": lambda: of.counting(9),
    "digits": lambda: of.digits("rows"),
    "pixels": lambda: of.digits("pixels"),
    "latch": lambda: of.latch(5),
    "parity": lambda: of.parity(8),
    "store_and_recall": lambda: of.store_and_recall(6, p_write=0.3, p_read=0.4),
    "temporal_order": lambda: of.temporal_order(12),
}
every_task = pytest.mark.parametrize("task", TASKS, indirect=True)


def a_task(name):
    return TASKS[name]()


@pytest.fixture
def task(request):
    return a_task(request.param)


def seeded(seed=0):
    return Generator().manual_seed(seed)


# --- the draws of two sequences from seed 0, written down when each task was a function that drew a batch ------------


@pytest.mark.parametrize(
    ("name", "steps", "due"),
    [
        (
            "copy",
            ["EHFADDDHBD·?··········", "FCEHGAAECB·?··········"],
            [[8] * 12 + [4, 7, 5, 0, 3, 3, 3, 7, 1, 3], [8] * 12 + [5, 2, 4, 7, 6, 0, 0, 4, 2, 1]],
        ),
        ("counting", ["aaaabbbbb", "······aab"], [2, 0]),
        ("latch", ["Abaddd", "Ddbdbc"], [0, 3]),
        ("temporal_order", ["adXadddYbdbc", "aYcaaaYbcddc"], [1, 3]),
    ],
)
def test_letters_are_drawn_as_before(name, steps, due):
    x, y = a_task(name)(2, generator=seeded())
    assert ["".join(tokens) for tokens in a_task(name).tokens(x)] == steps
    assert y.tolist() == due
    assert (x.dtype, y.dtype) == (torch.float32, torch.int64)


def test_bits_are_drawn_as_before():
    x, y = a_task("parity")(2, generator=seeded())
    assert x[..., 0].tolist() == [[0, 1, 1, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 1, 0, 0]]
    assert y.tolist() == [[0, 1, 0, 0, 1, 0, 1, 0], [1, 0, 1, 1, 1, 0, 0, 0]]


def test_numbers_to_add_are_drawn_as_before():
    x, y = a_task("adding")(2, generator=seeded())
    assert x[..., 0].tolist() == [
        [0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688],
        [0.30742281675338745, 0.6340786814689636, 0.4900934100151062, 0.8964447379112244],
    ]
    assert x[..., 1].tolist() == [[0, 1, 0, 1], [0, 1, 1, 0]]
    assert y.tolist() == [[0.9002522826194763], [1.1241720914840698]]


def test_values_to_store_are_drawn_as_before():
    task = a_task("store_and_recall")
    x, y = task(2, generator=seeded())
    assert x[0, :, 0].tolist() == [
        -0.007486820220947266,
        0.5364435911178589,
        -0.8230451345443726,
        -0.7359390258789062,
        -0.3851543664932251,
        0.26815736293792725,
    ]
    assert task.tokens(x) == [["write"] * 3 + ["read", "read", "·"], ["write", "write", "read", "·", "read", "·"]]
    assert y[..., 0].tolist() == [
        [0, 0, 0, -0.8230451345443726, -0.8230451345443726, 0],
        [0, 0, 0.7928894758224487, 0, 0.7928894758224487, 0],
    ]


@pytest.mark.parametrize(
    ("task", "labels", "weighted"),
    [
        (of.digits("rows"), [7, 7, 6, 5], [585.75, 603.25, 674.1875, 505.3125]),
        (of.digits("permuted", "test"), [6, 6, 5, 5], [494.8125, 624.5625, 522.875, 629.4375]),
    ],
    ids=["rows", "permuted"],
)
def test_digits_are_drawn_as_before(task, labels, weighted):
    """The pixels by their sum, each times its number: grey values are sixteenths, and so are these sums."""
    x, y = task(4, generator=seeded())
    assert y.tolist() == labels
    assert (x.flatten(1).double() @ torch.arange(64).double()).tolist() == weighted


# --- what a Task is ---------------------------------------------------------------------------------------------------


@every_task
def test_sizes_are_those_of_the_data_and_loss_and_metric_take_them(task):
    x, y = task(5, generator=seeded())
    assert (x.shape[0], x.shape[2]) == (5, task.input_size)
    output = torch.randn(*x.shape[:2], task.output_size)
    assert task.loss(output, y).isfinite()
    assert task.metric(output, y).isfinite()
    assert 0 < task.chance < 1


@every_task
@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "2", None])
def test_a_batch_size_is_refused_with_one_sentence(task, batch_size):
    with pytest.raises(ValueError, match=r"^batch_size must be a whole number of at least 1, not .*$") as refused:
        task(batch_size, generator=seeded())
    assert "\n" not in str(refused.value)


@every_task
@pytest.mark.parametrize("generator", [None, 0, "cpu"])
def test_a_generator_is_refused_with_one_sentence(task, generator):
    with pytest.raises(TypeError, match=r"^generator must be a torch\.Generator, not .*: try Generator"):
        task(2, generator=generator)


def test_a_task_draws_only_when_it_is_called():
    state = torch.get_rng_state()
    generator = seeded(3)
    first = of.latch(3)(2, generator=generator)
    assert torch.equal(torch.get_rng_state(), state)
    again = of.latch(3)(2, generator=seeded(3))
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("name", "said", "loss", "metric"),
    [
        ("adding", "adding, 4 steps: reads 2, answers 1 numbers", of.squared_error_at_end, of.accuracy_within),
        ("copy", "copy, delay 2: reads 10, answers 9 numbers", of.loss_of_steps, of.accuracy_of_recall),
        ("counting", "counting, 9 steps: reads 3, answers 3 numbers", of.loss_at_end, of.accuracy_at_end),
        ("digits", "digits, rows: reads 8, answers 10 numbers", of.loss_at_end, of.accuracy_at_end),
        ("pixels", "digits, pixels: reads 1, answers 10 numbers", of.loss_at_end, of.accuracy_at_end),
        ("latch", "latch, lag 5: reads 8, answers 4 numbers", of.loss_at_end, of.accuracy_at_end),
        ("parity", "parity, 8 steps: reads 1, answers 2 numbers", of.loss_of_steps, of.accuracy_of_steps),
        (
            "store_and_recall",
            "store and recall, 6 steps: reads 3, answers 1 numbers",
            squared_error,
            of.error_at_reads,
        ),
        ("temporal_order", "temporal order, 12 steps: reads 6, answers 4 numbers", of.loss_at_end, of.accuracy_at_end),
    ],
)
def test_what_each_task_is(name, said, loss, metric):
    """It prints itself without an address: what the notebooks show must be the same in every run."""
    task = a_task(name)
    assert repr(task) == str(task) == f"Task {said}"
    assert (task.loss, task.metric) == (loss, metric)


@every_task
def test_chance_is_what_one_answer_to_everything_gets(task):
    """Of the numbers to add it is their mean, of the values to recall 0; of classes the one that is due most often."""
    x, y = task(1200 if task.name.startswith("digits") else 20_000, generator=seeded())
    always = {of.accuracy_within: torch.ones(1, 1), of.error_at_reads: torch.zeros(1, 1)}
    always = always.get(task.metric, torch.eye(task.output_size))
    got = [task.metric(one.expand(*x.shape[:2], -1), y).item() for one in always]
    assert max(got) == pytest.approx(task.chance, abs=0.01)


@pytest.mark.parametrize(
    ("name", "levels", "classes"),
    [
        ("copy", 2, 9),
        ("counting", 2, 3),
        ("digits", 17, 10),
        ("latch", 2, 4),
        ("parity", 2, 2),
        ("pixels", 17, 10),
        ("temporal_order", 2, 4),
    ],
)
def test_x_and_y_hold_every_value_and_no_other(name, levels, classes):
    """x has so many levels from 0 to 1: on and off, or the greys of a pixel."""
    x, y = a_task(name)(300, generator=seeded())
    assert (x.unique() * (levels - 1)).tolist() == list(range(levels))
    assert y.unique().tolist() == list(range(classes))


@every_task
def test_data_come_from_the_cpu_whatever_the_default_device(task):
    with torch.device("meta"):
        assert [part.device.type for part in task(2, generator=seeded())] == ["cpu", "cpu"]


@every_task
def test_a_task_depends_on_the_generator_alone(task):
    state = torch.get_rng_state()
    first, again, other = (task(9, generator=seeded(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not any(torch.equal(one, two) for one, two in zip(first, other, strict=True))
    assert torch.equal(torch.get_rng_state(), state), "the global generator must be left alone"
    one = seeded(1)
    assert not torch.equal(task(9, generator=one)[0], task(9, generator=one)[0])


def test_it_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        a_task("latch").input_size = 9


def test_the_steps_of_numbers_have_no_names():
    assert {name for name in TASKS if a_task(name).tokens is None} == {"adding", "digits", "parity", "pixels"}


def test_a_task_of_a_reader_s_own():
    """Without a loss and a metric, both are the mean squared error."""

    def double(batch_size, *, generator):
        x = torch.rand(batch_size, 3, 1, generator=generator)
        return x, 2 * x

    task = Task("doubling", double, 1, 1)
    assert (task.loss, task.metric, task.chance, task.tokens) == (squared_error, squared_error, None, None)
    model = SequenceModel(nn.RNN, task, hidden_size=8, seed=0)
    before = evaluate(model, task)
    train(model, task, steps=50, progress=False)
    assert evaluate(model, task) < 0.5 * before


# --- how it is judged -------------------------------------------------------------------------------------------------


def a_model(task=None, seed=0):
    return SequenceModel(nn.GRU, task or a_task("latch"), hidden_size=4, seed=seed)


def half(output, y):
    return 0 * output.sum() + 0.5


@every_task
def test_evaluate_takes_the_metric_of_the_task(task):
    model = a_model(task)
    x, y = task(30, generator=seeded(7))
    with torch.no_grad():
        expected = task.metric(model(x), y).item()
    assert evaluate(model, task, batch_size=30, seed=7) == pytest.approx(expected)


@every_task
def test_train_takes_the_loss_of_the_task(task):
    model = a_model(task)
    x, y = task(6, generator=seeded(7))
    expected = task.loss(model(x), y).item()
    history = train(model, task, steps=1, batch_size=6, seed=7, progress=False)
    assert history.loss == pytest.approx([expected])


def test_training_together_takes_the_loss_of_the_task():
    models, task = [a_model(seed=seed) for seed in (0, 1)], a_task("latch")
    expected = [task.loss(model(x), y).item() for model, (x, y) in zip(models, drawn(task, (7, 8)), strict=True)]
    histories = train_together(models, task, seeds=[7, 8], steps=1, batch_size=6)
    assert [history.loss[0] for history in histories] == pytest.approx(expected)


def drawn(task, seeds):
    return [task(6, generator=seeded(seed)) for seed in seeds]


def test_what_is_given_wins():
    task, options = a_task("latch"), {"steps": 2, "batch_size": 6, "loss_function": half}
    assert train(a_model(), task, progress=False, **options).loss == (0.5, 0.5)
    assert train_together([a_model(), a_model(seed=1)], task, seeds=[0, 1], **options)[1].loss == (0.5, 0.5)
    assert evaluate(a_model(), task, metric=half) == 0.5
    assert evaluate(a_model(), task, metric=of.loss_at_end) != evaluate(a_model(), task)


def test_a_function_is_judged_by_the_mean_squared_error():
    def plain(batch_size, *, generator):
        return a_task("store_and_recall")(batch_size, generator=generator)

    model, (x, y) = a_model(a_task("store_and_recall")), plain(6, generator=seeded(7))
    expected = (model(x) - y).square().mean().item()
    assert evaluate(model, plain, batch_size=6, seed=7) == pytest.approx(expected)
    assert evaluate(model, a_task("store_and_recall"), batch_size=6, seed=7) != pytest.approx(expected)
    assert train_together([model], plain, seeds=[7], steps=1, batch_size=6)[0].loss == pytest.approx([expected])
    model = a_model(a_task("store_and_recall"))
    assert train(model, plain, steps=1, batch_size=6, seed=7, progress=False).loss == pytest.approx([expected])


def test_tasks_of_different_losses_are_not_trained_together():
    """The loss of the first would be taken for all."""
    other = Task("latch, every step", a_task("latch").draw, 8, 4, of.loss_at_every_step, of.accuracy_at_end)
    models, both = [a_model(), a_model(seed=1)], [a_task("latch"), other]
    options = {"seeds": [0, 1], "steps": 1, "batch_size": 2}
    with pytest.raises(ValueError, match="task holds tasks of different losses: pass one loss_function for all"):
        train_together(models, both, **options)
    assert len(train_together(models, both, loss_function=of.loss_at_end, **options)) == 2
    assert len(train_together(models, [a_task("latch"), of.latch(5)], **options)) == 2
