"""Other people's layers at every door: it tells what the layer's next forward computes, or refuses the layer by name.

A layer is changed as people change layers, then a checkpoint is loaded or the optimiser takes a step, and the judges
are the layer itself and torch's autograd through it.
"""

import warnings
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence

import seqmem_lib as sm
from seqmem_lib import recording
from seqmem_lib.layers.hooks import undone

BATCH, SEQ, INPUT, HIDDEN = 2, 5, 3, 4
KINDS = (nn.RNN, nn.LSTM, nn.GRU)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


class WeightDrop(nn.Module):
    """As AWD-LSTM has it: the wrapper keeps the weight, and sets what is left of it before it calls the layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer, self.raw = layer, nn.Parameter(layer.weight_hh_l0.detach().clone())
        del layer.weight_hh_l0
        self.set()

    def set(self):
        self.layer.weight_hh_l0 = nn.functional.dropout(self.raw, 0.5, self.training)

    def forward(self, x):
        self.set()
        return self.layer(x)


def as_it_is(layer):
    return layer


def pruned(layer):
    prune.l1_unstructured(layer, "weight_hh_l0", amount=0.5)
    prune.random_unstructured(layer, "weight_hh_l0", amount=0.2)
    return layer


def wrapped_inside(layer):
    return WeightDrop(layer).layer


def dropped_by_a_hook(layer):
    raw = layer.weight_hh_l0
    del layer.weight_hh_l0
    layer.register_parameter("raw", raw)

    def drop(module, _):
        module.weight_hh_l0 = nn.functional.dropout(module.raw, 0.5, module.training)

    layer.register_forward_pre_hook(drop)
    layer.weight_hh_l0 = raw.detach().clone()
    return layer


def hooked(hook, *, before=False, **options):
    def change(layer):
        (layer.register_forward_pre_hook if before else layer.register_forward_hook)(hook, **options)
        return layer

    return change


def clip_weights(module, _):
    module.weight_ih_l0.data.clamp_(-0.01, 0.01)


def doubled_in_place(_, given):
    given[0].mul_(2)


def double_what_is_returned(_, __, made):
    with torch.no_grad():
        made[0].mul_(2)


def quantized(layer):
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(layer), {type(layer)})[0]


# name -> how a layer is changed, and whether `record` and the gradients take it; and whether `cell_from` does
CHANGES = {
    "plain": (as_it_is, True, True),
    "prune": (pruned, True, False),
    "old weight_norm": (lambda layer: nn.utils.weight_norm(layer, "weight_hh_l0"), True, False),
    "new weight_norm": (lambda layer: parametrizations.weight_norm(layer, "weight_hh_l0"), True, True),
    "old spectral_norm": (lambda layer: nn.utils.spectral_norm(layer, "weight_hh_l0"), True, False),
    "new spectral_norm": (lambda layer: parametrizations.spectral_norm(layer, "weight_hh_l0"), True, True),
    "orthogonal": (lambda layer: parametrizations.orthogonal(layer, "weight_hh_l0"), True, True),
    "two of them": (lambda layer: pruned(parametrizations.weight_norm(layer, "weight_ih_l0")), True, False),
    "weight-drop": (WeightDrop, False, False),
    "inside weight-drop": (wrapped_inside, False, False),
    "inside weight-drop, observed": (lambda layer: hooked(lambda *given: None)(wrapped_inside(layer)), False, False),
    "weight-drop by a hook": (dropped_by_a_hook, True, False),
    "a weight that is no parameter": (
        lambda layer: layer._parameters.update(weight_hh_l0=torch.ones(4, 4)) or layer,
        0,
        0,
    ),
    "pre-hook": (hooked(lambda _, given: (given[0] + 1,), before=True), False, False),
    "pre-hook in place": (hooked(doubled_in_place, before=True), False, False),
    "pre-hook that clips": (hooked(clip_weights, before=True), False, False),
    "forward hook": (hooked(lambda *given: (given[2][0] * 2, given[2][1])), False, False),
    "forward hook in place": (hooked(double_what_is_returned), False, False),
    "observer": (hooked(lambda *given: None), True, False),
    "observer with names": (hooked(lambda *given: None, with_kwargs=True), True, False),
    "own forward": (lambda layer: vars(layer).update(forward=print) or layer, False, False),
    "quantized": (quantized, False, False),
    "compiled": (torch.compile, False, False),
    "compiled in place": (lambda layer: layer.compile() or layer, True, True),
    "scripted": (torch.jit.script, False, False),
    "DataParallel": (nn.DataParallel, False, False),
    "in a model": (lambda layer: nn.ModuleDict({"rnn": nn.Sequential(nn.Linear(3, 3), layer)}), False, False),
    "float64": (nn.Module.double, True, True),
    "half": (nn.Module.half, True, True),
    "bfloat16": (nn.Module.bfloat16, True, True),
    "meta": (lambda layer: layer.to("meta"), False, True),
}
NEVER_TRAINED = ("inside weight-drop", "half", "bfloat16", "in a model", "compiled", "compiled in place")
NEVER_TRAINED += ("forward hook in place", "inside weight-drop, observed")
each_change = pytest.mark.parametrize("name", CHANGES)
DOORS = {
    "record": lambda layer, x: sm.record(layer, x),
    "run_by_hand": lambda layer, x: sm.run_by_hand(layer, x),
    "gradient_norms": lambda layer, x: sm.gradient_norms(layer, x),
    "step_jacobians": lambda layer, x: sm.step_jacobians(layer, x),
    "split_memory_gradient": lambda layer, x: sm.split_memory_gradient(layer, x),
}


def changed(kind, name, *, then="load", train=True):
    """A layer, and what it was changed to: its weights are moved after the change, so that what lies in it is old."""
    torch.manual_seed(0)
    layer = kind(INPUT, HIDDEN, batch_first=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = CHANGES[name][0](layer)
    if name not in ("quantized", "meta", "own forward", "scripted", "a weight that is no parameter"):
        if then == "load":
            with torch.no_grad():
                made.load_state_dict(
                    {k: v if k.endswith("_mask") else v * 1.5 + 0.1 for k, v in made.state_dict().items()}
                )
        else:
            optimiser = torch.optim.SGD(made.parameters(), lr=1.0)
            if name not in NEVER_TRAINED:
                output = made(torch.randn(BATCH, SEQ, INPUT).to(next(made.parameters()).dtype))[0]
                output.square().sum().backward()
                optimiser.step()
                optimiser.zero_grad()
        made.train(train)
    return made


def an_input(like=None):
    x = torch.randn(BATCH, SEQ, INPUT, generator=torch.Generator().manual_seed(1))
    first = None if like is None or not isinstance(like, nn.Module) else next(like.parameters(), None)
    return x if first is None else x.to(first.dtype)


def all_of(module):
    """What must be the same afterwards."""
    parts = dict(module.named_parameters()) | dict(module.named_buffers())
    return {
        "values": {name: one.detach().clone() for name, one in parts.items() if not one.is_meta},
        "objects": {name: id(one) for name, one in parts.items()},
        "grads": [one.grad for one in module.parameters()],
        "modes": [(one.training, sorted(vars(one)), len(one._forward_hooks)) for one in module.modules()],
        "set": {k: v.clone() for k, v in vars(module).items() if isinstance(v, torch.Tensor)},
        "random": torch.get_rng_state(),
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        if isinstance(one[name], dict):
            assert one[name].keys() == other[name].keys()
            for key in one[name]:
                mine, theirs = one[name][key], other[name][key]
                assert torch.equal(mine, theirs) if isinstance(mine, torch.Tensor) else mine == theirs
        elif isinstance(one[name], torch.Tensor):
            assert torch.equal(one[name], other[name])
        else:
            assert one[name] == other[name]


def next_forward(module, x, state=None):
    """Output and state as the next call gives them; that call is taken back, so that it can be asked for again."""
    with undone(module), torch.no_grad():
        compiled, module._compiled_call_impl = module._compiled_call_impl, None  # no compiler in the tests
        result = module(x) if state is None else module(x, state)
        module._compiled_call_impl = compiled
        return result


def weights_used(layer, x):
    """The weights of the next forward, as its kernel gets them."""
    kept = {}

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            if getattr(function, "__name__", "") in ("lstm", "gru", "rnn_tanh"):
                kept["weights"] = [one.detach().double() for one in args[2]]
            return function(*args, **(kwargs or {}))

    with undone(layer), torch.no_grad(), Watch():
        layer._compiled_call_impl = None
        layer(x)
    return kept["weights"]


def in_double(kind, layer, x):
    """torch's layer in float64, with the weights that the next forward of `layer` uses."""
    weights = weights_used(layer, x)
    reference = kind(INPUT, HIDDEN, batch_first=True).double()
    with torch.no_grad():
        for parameter, weight in zip(reference.parameters(), weights, strict=True):
            parameter.copy_(weight)
    return reference


def refusal(call):
    with pytest.raises((TypeError, ValueError)) as refused:
        call()
    said = str(refused.value)
    assert "\n" not in said
    assert said.count(". ") == 0
    return said


def are_close(ours, theirs, dtype):
    rough = {torch.half: 1e-2, torch.bfloat16: 5e-2, torch.float64: 1e-12}.get(dtype, 1e-6)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=rough)


@each_kind
@each_change
@pytest.mark.parametrize(("then", "train"), [("load", True), ("step", False)], ids=["load, train", "step, eval"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:RNN module weights")
def test_every_door_tells_the_truth(door, kind, name, then, train):
    if (door, kind) == ("split_memory_gradient", nn.RNN) or (name, kind) == ("quantized", nn.RNN):
        return  # there is no such thing
    layer = changed(kind, name, then=then, train=train)
    x = an_input(layer)
    kept, given, call = None, x.clone(), DOORS[door]
    if not isinstance(layer, torch.jit.ScriptModule):
        kept = all_of(layer)
    if not CHANGES[name][1]:
        assert ("module" if door == "run_by_hand" else "layer_or_cell") in refusal(lambda: call(layer, x))
    elif door == "record":
        output, end = next_forward(layer, x)
        trace = call(layer, x)
        torch.testing.assert_close(trace.h, output, rtol=0, atol=1e-6)
        if kind is nn.LSTM:
            are_close(trace.c[:, -1], end[1][0], x.dtype)
    elif door == "run_by_hand":
        expected = next_forward(layer, x)
        ours = call(layer, x)
        are_close(ours, expected, x.dtype)
        assert ours[0].requires_grad
    else:
        with torch.random.fork_rng():
            expected = call(in_double(kind, layer, x), x.double())
        torch.testing.assert_close(call(layer, x), expected, rtol=1e-10, atol=1e-12)
    assert torch.equal(x, given)
    if kept is not None:
        assert_same(all_of(layer), kept)


@each_kind
@each_change
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:RNN module weights")
def test_a_cell_shares_what_it_can(kind, name):
    if (name, kind) == ("quantized", nn.RNN):
        return  # there is no such thing
    layer = changed(kind, name, train=False)
    if not CHANGES[name][2]:
        assert "module" in refusal(lambda: sm.cell_from(layer))
        return
    cell = sm.cell_from(layer)
    if name == "meta":
        assert cell.weight_hh is layer.weight_hh_l0
        return
    x = an_input(layer)
    for _ in range(2):
        state = cell(x[:, 0])
        h = state[0] if kind is nn.LSTM else state
        are_close(h, next_forward(layer, x[:, :1])[0][:, 0], x.dtype)
        assert {*map(id, cell.parameters())} == {*map(id, layer.parameters())}
        with torch.no_grad():  # training one trains the other
            for parameter in layer.parameters():
                parameter.add_(0.1)


@each_kind
def test_gradients_are_those_of_the_layer_itself(kind):
    """Of the end of a sequence that goes on from a state in the middle."""
    layer = changed(kind, "prune").double()
    x, lengths = an_input(layer), [5, 3]
    norms = sm.gradient_norms(layer, x, lengths=lengths)
    reference = in_double(kind, layer, x)
    for k, length in enumerate(lengths):
        for t in range(SEQ):
            if t >= length:
                assert norms[k, t] == 0
                continue
            _, state = reference(x[k : k + 1, : t + 1])
            h = (state[0] if kind is nn.LSTM else state).detach().requires_grad_()
            start = (h, state[1].detach()) if kind is nn.LSTM else h
            end = h if t + 1 == length else reference(x[k : k + 1, t + 1 : length], start)[0][:, -1]
            expected = torch.autograd.grad(end.sum(), h)[0].norm()
            torch.testing.assert_close(norms[k, t], expected, rtol=1e-10, atol=1e-12)


@each_kind
@pytest.mark.parametrize("of", ["h", "c"])
def test_padding_and_a_start_are_what_each_sequence_alone_gives(kind, of):
    if of == "c" and kind is not nn.LSTM:
        return
    layer, x, lengths = changed(kind, "plain").double(), an_input().double(), [3, 5]
    x[0, 3:] = torch.nan
    state = tuple(torch.randn(1, BATCH, HIDDEN).double() for _ in range(2))
    norms = sm.gradient_norms(layer, x, of=of, lengths=lengths, state=state if kind is nn.LSTM else state[0])
    jacobians = sm.step_jacobians(layer, x, lengths=lengths, state=state if kind is nn.LSTM else state[0])
    spectral = sm.spectral_norms(jacobians)
    for k, n in enumerate(lengths):
        one = tuple(part[:, k : k + 1].contiguous() for part in state)
        one = one if kind is nn.LSTM else one[0]
        alone = sm.gradient_norms(layer, x[k : k + 1, :n], of=of, state=one)
        torch.testing.assert_close(norms[k, :n], alone[0], rtol=1e-12, atol=0)
        assert (norms[k, n:] == 0).all()
        theirs = sm.step_jacobians(layer, x[k : k + 1, :n], state=one)
        torch.testing.assert_close(jacobians[k, :n], theirs[0], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(spectral[k, :n], sm.spectral_norms(theirs)[0], rtol=1e-10, atol=0)
        assert torch.equal(jacobians[k, n:], torch.eye(jacobians.shape[-1]).double().expand(SEQ - n, -1, -1))
        if kind is not nn.RNN:
            full = state if kind is nn.LSTM else state[0]
            direct, rest = sm.split_memory_gradient(layer, x, lengths=lengths, state=full)
            only = sm.split_memory_gradient(layer, x[k : k + 1, :n], state=one)
            torch.testing.assert_close((direct[k, :n], rest[k, :n]), (only[0][0], only[1][0]), rtol=1e-10, atol=1e-13)
            assert torch.equal(direct[k, n:], torch.eye(HIDDEN).double().expand(SEQ - n, -1, -1))
            assert not rest[k, n:].any()
    with pytest.raises(ValueError, match="norms must be above 0 at lag 0"):  # what counts lags from the padding is told
        sm.measure_decay(norms.flip(1))


@each_kind
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_a_record_reads_what_the_layer_reads(kind, batch_first, reverse, padded):
    """As the layer lays x out, from a state that the layer could start from, to the end that the layer finds."""
    torch.manual_seed(3)
    options = {"num_layers": 2, "bidirectional": True, "batch_first": batch_first, "dtype": torch.float64}
    layer, lengths = kind(INPUT, HIDDEN, **options), [3, 5] if padded else [5, 5]
    x = an_input().double()
    state = tuple(torch.randn(4, BATCH, HIDDEN).double() for _ in range(2))
    state = state if kind is nn.LSTM else state[0]
    theirs = x if batch_first else x.transpose(0, 1)
    packed = pack_padded_sequence(theirs, torch.tensor(lengths), batch_first, enforce_sorted=False)
    output, end = layer(packed, state)
    output = pad_packed_sequence(output, batch_first=True)[0].unflatten(-1, (2, HIDDEN))[:, :, int(reverse)]
    trace = sm.record(layer, theirs, lengths=lengths, state=state, layer=1, reverse=reverse)
    torch.testing.assert_close(trace.h, output, rtol=0, atol=1e-12)
    rows, ends = torch.arange(BATCH), torch.tensor(lengths) - 1
    last, first = (0 * ends, ends) if reverse else (ends, 0 * ends)
    for k, name in enumerate("hc" if kind is nn.LSTM else "h"):
        start, at_end = (state[k], end[k]) if kind is nn.LSTM else (state, end)
        torch.testing.assert_close(trace.values[name][rows, last], at_end[2 + reverse], rtol=0, atol=1e-12)
        torch.testing.assert_close(trace.before(name)[rows, first], start[2 + reverse], rtol=0, atol=0)
        torch.testing.assert_close(trace[0].before(name)[0, first[0]], start[2 + reverse, 0], rtol=0, atol=0)
    held = sm.record(layer, theirs, lengths=lengths, state=state, layer=1, reverse=reverse, clamp={"h": torch.nan})
    assert torch.equal(held.h, trace.h)
    clamp = torch.full((BATCH, SEQ, HIDDEN), torch.nan, dtype=torch.float64)
    clamp[:, 4 if reverse else 0] = trace.h[:, 4 if reverse else 0]  # held at what it is: a run again from the start
    again = sm.record(layer, theirs, lengths=lengths, state=state, layer=1, reverse=reverse, clamp={"h": clamp})
    torch.testing.assert_close(again.h, trace.h, rtol=0, atol=1e-12)
    ours, ours_end = sm.run_by_hand(layer, theirs, state, lengths=lengths)
    expected = pad_packed_sequence(layer(packed, state)[0], batch_first=batch_first)[0]
    torch.testing.assert_close((ours, ours_end), (expected, end), rtol=0, atol=1e-12)


def test_a_trace_keeps_its_start_in_a_file(tmp_path):
    state = (torch.randn(1, BATCH, HIDDEN), torch.randn(1, BATCH, HIDDEN))
    trace = sm.record(nn.LSTM(INPUT, HIDDEN, batch_first=True), an_input(), state=state)
    trace.save(tmp_path / "trace")
    back = sm.Trace.load(tmp_path / "trace")
    assert torch.equal(back.before("c"), trace.before("c"))
    assert torch.equal(back.before("c")[:, 0], state[1][0])


@pytest.mark.parametrize("cell", [nn.RNNCell, nn.LSTMCell, nn.GRUCell, sm.RNNCell, sm.LSTMCell, sm.GRUCell])
@pytest.mark.parametrize("name", ["prune", "new weight_norm", "new spectral_norm", "old spectral_norm"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_cells_too(cell, name):
    """Of a cell, every step is a forward; in training, spectral_norm would make each another cell, and is refused."""
    changes = {
        "prune": lambda one: prune.l1_unstructured(one, "weight_hh", amount=0.5),
        "new weight_norm": lambda one: parametrizations.weight_norm(one, "weight_hh"),
        "new spectral_norm": lambda one: parametrizations.spectral_norm(one, "weight_hh"),
        "old spectral_norm": lambda one: nn.utils.spectral_norm(one, "weight_hh"),
    }
    made = changes[name](cell(INPUT, HIDDEN))
    with torch.no_grad():
        made.load_state_dict({k: v if k.endswith("_mask") else v * 1.5 + 0.1 for k, v in made.state_dict().items()})
    x, kept = an_input(), all_of(made)
    if "spectral" in name:
        for door, steps in product((sm.record, sm.gradient_norms), (SEQ, 1)):
            said = refusal(lambda door=door, steps=steps: door(made, x[:, :steps]))
            assert said == "layer_or_cell: its weights change from step to step: call layer_or_cell.eval() first"
        made.eval()
        kept = all_of(made)
    trace, norms = sm.record(made, x), sm.gradient_norms(made, x)
    assert_same(all_of(made), kept)
    zeros = torch.zeros(BATCH, HIDDEN)
    state, shown = (zeros, zeros) if "LSTM" in cell.__name__ else zeros, []
    for x_t in x.unbind(1):
        state = made(x_t, state)
        shown.append(state[0] if isinstance(state, tuple) else state)
    torch.testing.assert_close(trace.h, torch.stack(shown, dim=1), rtol=0, atol=1e-6)
    gradients = torch.autograd.grad(shown[-1].sum(), shown)
    torch.testing.assert_close(norms, torch.stack(gradients, dim=1).norm(dim=-1).double(), rtol=1e-4, atol=1e-6)


def test_a_reader_s_own_cell_keeps_what_it_has_besides():
    class Scaled(sm.RNNCell):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.scale = nn.Parameter(torch.tensor(0.5))
            self.register_buffer("shift", torch.tensor(0.25))
            self.more = nn.Linear(HIDDEN, HIDDEN)

        def update(self, gates, h):
            return self.more(self.scale * gates["a"].tanh() + self.shift)

    cell, x = prune.l1_unstructured(Scaled(INPUT, HIDDEN), "weight_hh", amount=0.5), an_input()
    h, shown = torch.zeros(BATCH, HIDDEN), []
    for x_t in x.unbind(1):
        h = cell(x_t, h)
        shown.append(h)
    torch.testing.assert_close(sm.record(cell, x).h, torch.stack(shown, dim=1))
    gradients = torch.autograd.grad(h.sum(), shown)
    norms = sm.gradient_norms(cell, x)
    torch.testing.assert_close(norms.float(), torch.stack(gradients, dim=1).norm(dim=-1))
    assert cell.scale.dtype == cell.more.weight.dtype == torch.float32


def test_run_by_hand_trains_what_the_weights_are_computed_from():
    for name in ("prune", "new weight_norm"):
        layer = changed(nn.LSTM, name)
        parameters = list(layer.parameters())
        theirs = torch.autograd.grad(layer(an_input())[0].square().sum(), parameters)
        ours = torch.autograd.grad(sm.run_by_hand(layer, an_input())[0].square().sum(), parameters)
        torch.testing.assert_close(ours, theirs)


@each_kind
def test_autocast(kind):
    """Under it the layer computes in bfloat16: a record is refused, the gradients switch it off."""
    layer, x = changed(kind, "plain"), an_input()
    expected = sm.gradient_norms(layer, x)
    with torch.autocast("cpu"):
        for door, name in ((sm.record, "layer_or_cell"), (sm.run_by_hand, "module")):
            said = refusal(lambda door=door: door(layer, x))
            assert said == (
                f"{name} would run under autocast, in torch.bfloat16: call this in torch.autocast('cpu', enabled=False)"
            )
        assert torch.equal(sm.gradient_norms(layer, x), expected)
        assert sm.step_jacobians(layer, x).dtype == torch.float64
        with torch.autocast("cpu", enabled=False):
            assert torch.equal(sm.record(layer, x).h, layer(x)[0])


@each_kind
def test_inference_mode(kind):
    layer, x = changed(kind, "plain"), an_input()
    expected, jacobians, h = sm.gradient_norms(layer, x), sm.step_jacobians(layer, x), sm.record(layer, x).h
    with torch.inference_mode():
        x = an_input()
        assert torch.equal(sm.gradient_norms(layer, x), expected)
        assert torch.equal(sm.step_jacobians(layer, x), jacobians)
        trace = sm.record(layer, x)
        assert torch.equal(trace.h, h)
    assert not trace.h.is_inference()


def test_an_observer_sees_the_reading():
    """It may: it is one forward of the layer. It is called once, with x and without a gradient."""
    layer, seen = nn.GRU(INPUT, HIDDEN, batch_first=True), []
    layer.register_forward_hook(lambda _, given, made: seen.append((given[0].clone(), made[0])))
    sm.record(layer, an_input())
    ((x, output),) = seen
    assert torch.equal(x, an_input())
    assert not output.requires_grad


@each_kind
@pytest.mark.parametrize("batch_first", [True, False])
def test_an_observer_sees_the_real_steps_alone(kind, batch_first):
    """In whatever order the lengths are."""
    layer, seen, lengths = kind(INPUT, HIDDEN, batch_first=batch_first), [], [2, SEQ, 3]
    layer.register_forward_hook(lambda _, given, made: seen.append((given[0], made[0])))
    x = torch.randn(3, SEQ, INPUT)
    trace = sm.record(layer, x if batch_first else x.transpose(0, 1), lengths=lengths)
    ((read, returned),) = seen
    for one, expected in ((read, x), (returned, trace.h)):
        padded, its_lengths = pad_packed_sequence(one, batch_first=True)
        assert its_lengths.tolist() == lengths
        for k, length in enumerate(lengths):
            torch.testing.assert_close(padded[k, :length], expected[k, :length])


@pytest.mark.parametrize(
    ("register", "hook"),
    [
        (nn.modules.module.register_module_forward_pre_hook, lambda _, given: (given[0] + 1, *given[1:])),
        (nn.modules.module.register_module_forward_hook, lambda _, given, made: (made[0] * 2, made[1])),
    ],
    ids=["pre-hook", "forward hook"],
)
def test_a_hook_of_all_modules(register, hook):
    handle = register(hook)
    try:
        with pytest.raises(ValueError, match="layer_or_cell: a hook changes what it"):
            sm.record(nn.GRU(INPUT, HIDDEN, batch_first=True), an_input())
    finally:
        handle.remove()


@pytest.mark.parametrize(
    ("layer", "x", "sentence"),
    [
        (
            lambda: nn.DataParallel(nn.LSTM(3, 4)),
            an_input,
            "layer_or_cell: DataParallel is not a recurrent layer: pass what it holds, layer_or_cell.module",
        ),
        (
            lambda: torch.compile(nn.LSTM(3, 4)),
            an_input,
            "layer_or_cell: OptimizedModule is not a recurrent layer: pass what it holds, layer_or_cell._orig_mod",
        ),
        (
            lambda: nn.Sequential(nn.Linear(3, 3), nn.ModuleList([nn.GRU(3, 4)])),
            an_input,
            "layer_or_cell: Sequential is not a recurrent layer: pass what it holds, layer_or_cell[1][0]",
        ),
        (
            lambda: sm.SequenceModel(nn.RNN, (3, 1), hidden_size=4, seed=0),
            an_input,
            "layer_or_cell: SequenceModel is not a recurrent layer: pass what it holds, layer_or_cell.rnn",
        ),
        (
            lambda: nn.LSTM(3, 4, batch_first=True),
            lambda: pack_sequence([torch.zeros(2, 3)]),
            "x must be a tensor, (batch, seq, 3); this is of type PackedSequence: unpack it with pad_packed_sequence, "
            "and pass its lengths",
        ),
        (
            lambda: nn.LSTM(4, 3, batch_first=True),
            lambda: nn.LSTM(3, 4, batch_first=True)(an_input()),
            "x must be a tensor, (batch, seq, 4); this is of type tuple: of an output and a state, pass the output",
        ),
        (
            lambda: nn.GRU(3, 4, batch_first=True),
            lambda: torch.tensor([[5, 1, 4], [2, 2, 7]]),
            "x has shape (2, 3): this layer reads (batch, seq, 3); of the numbers of words, pass what their embedding "
            "returns",
        ),
        (
            lambda: nn.GRU(3, 4),
            lambda: torch.zeros(5, 2, 4),
            "x has shape (5, 2, 4): this layer reads (seq, batch, 3), because batch_first=False",
        ),
        (
            lambda: nn.GRU(3, 4),
            lambda: torch.nested.nested_tensor([torch.zeros(2, 3), torch.zeros(1, 3)], layout=torch.jagged),
            "x is a nested or a sparse tensor: pass a dense one, padded on the right",
        ),
        (
            lambda: nn.GRU(3, 4),
            lambda: torch.ones(2, 5, 3).to_sparse(),
            "x is a nested or a sparse tensor: pass a dense one, padded on the right",
        ),
        (
            lambda: nn.GRU(3, 4),
            lambda: torch.zeros(2, 5, 3, device="meta"),
            "layer_or_cell or x is on the device meta, which holds no numbers: move both to 'cpu'",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_the_whole_sentence(layer, x, sentence):
    for door in (sm.record, sm.gradient_norms, sm.step_jacobians):
        assert refusal(lambda door=door: door(layer(), x())) == sentence


def test_tensors_of_another_kind_are_refused():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        layer = nn.LSTM(3, 4)
        for door in (sm.record, sm.gradient_norms, sm.run_by_hand):
            assert "is of type FakeTensor: pass a layer of plain parameters" in refusal(
                lambda door=door: door(layer, an_input())
            )


def test_layers_and_tokens_that_contradict_the_layout():
    layer, x = nn.GRU(3, 4), an_input()  # of (seq, batch, 3) it is 2 steps of 5 sequences
    said = "batch_first=False"
    for call in (
        lambda: sm.record(layer, x, lengths=[5, 3]),
        lambda: sm.record(layer, x, tokens=[list("abcde"), list("abcde")]),
        lambda: sm.gradient_norms(layer, x, lengths=[5, 3]),
        lambda: sm.step_jacobians(layer, x, lengths=[5, 5, 5, 5, 5]),
    ):
        assert said in refusal(call)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sm.step_jacobians(nn.LSTM(3, 1024, batch_first=True), torch.zeros(64, 1000, 3)),
        lambda: sm.split_memory_gradient(nn.GRU(3, 1024), torch.zeros(1000, 64, 3)),
        lambda: sm.record(nn.LSTM(1, 512, batch_first=True), torch.zeros(1, 1, 1).expand(10_000, 10_000, 1)),
    ],
)
def test_what_is_too_large_is_told_before_memory_is_asked_for(call):
    assert "GiB" in refusal(call)


@pytest.mark.parametrize(
    ("pages", "container", "fits"),
    [
        (75, None, True),
        (74, None, False),
        (75, "max\n", True),
        (74, "max\n", False),
        (10**6, "300\n", True),
        (10**6, "299\n", False),
        (74, "10000\n", False),
    ],
)
def test_a_trace_may_take_what_the_machine_and_its_container_have(pages, container, fits, monkeypatch, tmp_path):
    """Five steps of an LSTM, of one unit and one number, need 5 · (3 + 12) numbers of four bytes."""
    a_machine(monkeypatch, tmp_path / "memory.max", pages, container)
    layer, x = nn.LSTM(1, 1, batch_first=True), torch.zeros(1, 5, 1)
    if fits:
        assert sm.record(layer, x).h.shape == (1, 5, 1)
    else:
        assert "GiB" in refusal(lambda: sm.record(layer, x))


def test_what_is_too_large_is_told_in_numbers(monkeypatch, tmp_path):
    a_machine(monkeypatch, tmp_path / "memory.max", 2**30, None)
    layer, x = nn.LSTM(1, 512), torch.zeros(1, 1, 1).expand(20_000, 10_000, 1)
    assert refusal(lambda: sm.record(layer, x, lengths=[15_000] * 10_000)) == (
        "x, 10,000 sequences of up to 15,000 steps, would take 4,580 GiB, and there are 4: pass fewer sequences or "
        "steps at a time, or a smaller layer"
    )


def a_machine(monkeypatch, path, pages, container):
    """One of so many pages, of four bytes each."""
    sizes = {"SC_PAGE_SIZE": 4, "SC_PHYS_PAGES": pages}
    monkeypatch.setattr(recording.os, "sysconf", sizes.__getitem__, raising=False)
    monkeypatch.setattr(recording, "Path", {"/sys/fs/cgroup/memory.max": path}.__getitem__)
    if container is not None:
        path.write_text(container)
