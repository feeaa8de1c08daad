"""What the Playground sends to the page, and what it refuses."""

import base64

import numpy as np
import pytest
import torch
from torch import Generator, nn

from seqmem_lib import Playground, SequenceModel, record, tasks
from seqmem_lib.tasks import Task


def decoded(text):
    return np.frombuffer(base64.b64decode(text), "<f8")


@pytest.mark.parametrize(
    ("task", "name"),
    [
        (tasks.store_and_recall(15), ["storeAndRecall", 15]),
        (tasks.latch(4), ["latch", 4]),
        (tasks.counting(9), ["counting", 9]),
        (tasks.temporal_order(20), ["temporalOrder", 20]),
    ],
    ids=str,
)
def test_what_the_page_begins_with(task, name):
    playground = Playground(task, cell=["GRU", "ReLU RNN"], units=3, forget_bias=1, seed=7, step=2)
    data = playground._data()
    assert data["tasks"][0] == name
    assert len({kind for kind, _ in data["tasks"]}) == 4
    assert (data["cells"], data["units"], data["keep"], data["step"]) == (["GRU", "ReLU RNN"], 3, 1, 2)
    x, _ = task(1, generator=Generator().manual_seed(1))
    assert decoded(data["x"]) == pytest.approx(x.flatten().numpy())
    model = SequenceModel(nn.GRU, task, hidden_size=3, seed=7)
    assert decoded(data["weights"]["GRU"]["weight_hh"]) == pytest.approx(model.rnn.weight_hh_l0.detach().flatten())
    assert decoded(data["weights"]["GRU"]["readout_weight"]) == pytest.approx(model.readout.weight.detach().flatten())
    assert decoded(data["weights"]["GRU"]["bias_ih"])[3:6].tolist() == [1, 1, 1]
    assert playground.models["ReLU RNN"].rnn.nonlinearity == "relu"
    assert repr(playground) == f"Playground: GRU, ReLU RNN, units: 3, {task.name}"


def test_the_panels_of_each_cell_are_those_of_a_trace():
    kinds = Playground(tasks.latch(4))._data()["kinds"]
    for cell, layer in {"RNN": nn.RNN(8, 1), "LSTM": nn.LSTM(8, 1), "GRU": nn.GRU(8, 1)}.items():
        trace = record(layer, torch.zeros(5, 1, 8))
        panels = kinds[cell]["panels"]
        assert [panel["name"] for panel in panels if not panel.get("hidden")] == list(trace.values), cell


def test_a_model_of_your_own_keeps_its_weights_and_stays_where_it_is():
    task = tasks.latch(4)
    model = SequenceModel(nn.RNN, task, hidden_size=2, seed=1, nonlinearity="relu").double()
    data = Playground(model, task=task)._data()
    assert (data["cells"], data["units"]) == (["ReLU RNN"], 2)
    assert decoded(data["weights"]["ReLU RNN"]["weight_ih"]) == pytest.approx(model.rnn.weight_ih_l0.detach().flatten())
    assert model.rnn.weight_ih_l0.dtype == torch.float64


latch = tasks.latch(4)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (([latch], {}), TypeError, "what is of type list: pass a task"),
        ((latch, {"task": latch}), ValueError, "belongs to a model"),
        ((SequenceModel(nn.GRU, latch, hidden_size=2, seed=0), {}), TypeError, "task is of type NoneType"),
        (
            (SequenceModel(nn.GRU, latch, hidden_size=2, seed=0), {"task": tasks.counting(9)}),
            ValueError,
            "reads 8 and answers 4 numbers: it does not fit the Task counting",
        ),
        ((SequenceModel(nn.GRU, latch, hidden_size=9, seed=0), {"task": latch}), ValueError, "at most 8 units|units"),
        ((tasks.parity(5), {}), ValueError, "the page cannot draw the Task parity"),
        ((tasks.store_and_recall(9, p_write=0.5), {}), ValueError, "the page cannot draw the Task store and recall"),
        ((Task("latch, lag 4", tasks.counting(5).draw, 3, 3), {}), ValueError, "the page cannot draw"),
        (
            (SequenceModel(nn.GRU, latch, hidden_size=2, seed=0), {"task": latch, "cell": "GRU"}),
            ValueError,
            "cell='GRU' is",
        ),
        (
            (SequenceModel(nn.GRU, latch, hidden_size=2, seed=0), {"task": latch, "cell": "GRU"}),
            ValueError,
            "cell='GRU' is for a task",
        ),
        ((latch, {"cell": "CNN"}), ValueError, "cell"),
        ((latch, {"cell": ["GRU", "GRU"]}), ValueError, "must be different cells"),
        ((latch, {"cell": []}), ValueError, "one at least"),
        ((latch, {"units": 9}), ValueError, "units"),
        ((latch, {"lr": 0}), ValueError, "lr"),
        ((latch, {"forget_bias": 10.5}), ValueError, "forget_bias"),
        ((latch, {"forget_bias": -10.5}), ValueError, "forget_bias"),
        ((latch, {"seed": 1000}), ValueError, "seed"),
        ((latch, {"step": 5}), ValueError, "step"),
    ],
)
def test_what_is_refused(given, error, message):
    what, options = given
    with pytest.raises(error, match=message):
        Playground(what, **options)
