"""The weights that a layer's next forward uses, and hooks, which may compute them, or change what it reads or returns.

Pruning, an older `weight_norm` or `spectral_norm` and torch's parametrizations compute a weight anew before each
forward: what lies in the layer may be older than what it is computed from. So the layer is run, and watched.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

State = Tensor | tuple[Tensor, Tensor]
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def weights_of(
    name: str, module: nn.Module, x: Tensor, state: State | None, lengths: Sequence[int]
) -> dict[str, Tensor]:
    """Name in the module -> each weight, as the module's next forward uses it. Plain parameters are these themselves;
    else the module runs once, and all that this does to it is undone.

    x, state : what the module is given, as it is laid out there
    lengths : (batch,), the real steps of each sequence

    Raises ValueError if a hook changes more than weights, or nothing computes a weight that is no parameter.
    """
    check_numbers(name, module, x)
    own = module._parameters
    names = [one for one in WEIGHTS if vars(module).get(one, own.get(one, x)) is not None]
    names = getattr(module, "_flat_weights_names", names)
    everywhere = nn.modules.module._global_forward_pre_hooks or nn.modules.module._global_forward_hooks
    hooked = everywhere or module._forward_pre_hooks or module._forward_hooks
    computed = [
        one for one in names if not isinstance(own.get(one), nn.Parameter) and (hooked or is_parametrized(module, one))
    ]
    for one in set(names) - set(computed):
        check_weight(name, one, own.get(one))
    if not computed and not hooked:
        return {one: own[one] for one in names}
    before = {one: vars(module).get(one) for one in computed}
    with undone(module):
        weights = _run_watched(name, module, names, x, state, lengths)
    for one in computed:
        if weights[one] is before[one]:
            check_weight(name, one, None)
    return weights


def check_numbers(name: str, module: nn.Module, x: Tensor) -> None:
    """Raises ValueError if the module or x is on the device meta."""
    if x.is_meta or any(one.is_meta for one in module.parameters()):
        raise ValueError(f"{name} or x is on the device meta, which holds no numbers: move both to 'cpu'")
    for one, parameter in module.named_parameters(recurse=False):
        check_weight(name, one, parameter)


def check_weight(name: str, one: str, weight) -> Tensor:
    """The weight of this name. Raises ValueError if it is no parameter, such as what a wrapper sets before it calls the
    layer, TypeError if it is another kind of tensor, such as one that is spread over several devices."""
    if not isinstance(weight, nn.Parameter):
        raise ValueError(
            f"{name}: {one} is no parameter, and nothing in it computes one: pass a layer of its own weights"
        )
    if type(weight) is not nn.Parameter:
        raise TypeError(f"{name}: {one} is of type {type(weight).__name__}: pass a layer of plain parameters")
    return weight


def check_autocast(name: str, device: torch.device) -> None:
    """Raises ValueError if autocast is on, under which a layer computes in another precision than its own."""
    if torch.is_autocast_enabled(device.type):
        raise ValueError(
            f"{name} would run under autocast, in {torch.get_autocast_dtype(device.type)}: call this in "
            f"torch.autocast({device.type!r}, enabled=False)"
        )


@contextmanager
def undone(module: nn.Module) -> Iterator[None]:
    """What happens to the module meanwhile, but for its parameters, is undone, and no random number is used up."""
    inside = [holder for one in module.modules() for holder in (vars(one), *vars(one).values())]
    kept = [(holder, holder.copy()) for holder in inside if isinstance(holder, dict | list)]
    devices = {one.device for one in module.parameters() if one.device.type == "cuda"}
    try:
        for one in module.modules():
            one._buffers.update({name: None if old is None else old.clone() for name, old in one._buffers.items()})
        with torch.random.fork_rng(devices), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is said of the layer was said when it was made
            yield
    finally:
        for holder, content in kept:
            holder.clear()
            if isinstance(holder, dict):
                holder.update(content)
            else:
                holder.extend(content)


def _run_watched(name: str, module: nn.Module, names: Sequence[str], x: Tensor, state, lengths) -> dict[str, Tensor]:
    """The weights of a run. Raises ValueError if a hook changes anything else, or a cell's weights change meanwhile."""
    theirs, watched, parameters = type(module).forward, {}, list(module.parameters())
    kept = _copied(parameters)

    def forward(*given, **named):
        watched["reads"] = _copied([*given, *named.values()])
        made = theirs(module, *given, **named)
        watched["returns"] = _copied(made)
        return made

    module.forward, module._compiled_call_impl = forward, None  # both are undone

    def run(*given):
        made = module(*_copied(given))
        changed = [of for of, now in (("reads", given), ("returns", made)) if not _same(watched.get(of), now)]
        changed += [] if _same(kept, parameters) else ["keeps as parameters"]
        if changed:
            for parameter, old in zip(parameters, kept, strict=True):
                parameter.data.copy_(old)
            raise ValueError(f"{name}: a hook changes what it {changed[0]}: remove the hook, at least for this reading")
        return made

    if isinstance(module, nn.RNNBase):
        x = x.detach()
        if min(lengths) < x.shape[1 if module.batch_first else 0]:
            x = pack_padded_sequence(x, torch.tensor(lengths), module.batch_first, enforce_sorted=False)
        run(x) if state is None else run(x, state)
        return dict(zip(names, module._flat_weights, strict=True))
    steps = x.detach().unbind(1)
    weights = None
    for x_t in steps if len(steps) > 1 else steps * 2:
        state = run(x_t) if state is None else run(x_t, state)
        first, weights = weights, {one: getattr(module, one) for one in names}
        if first is not None and not _same([*first.values()], [*weights.values()]):
            raise ValueError(f"{name}: its weights change from step to step: call {name}.eval() first")
    return weights


def _copied(value):
    """A tensor, or tensors in tuples and lists, as new ones without gradients."""
    if isinstance(value, tuple | list):
        parts = map(_copied, value)
        return PackedSequence(*parts) if isinstance(value, PackedSequence) else type(value)(parts)
    return value.detach().clone() if isinstance(value, Tensor) else value


def _same(one, other) -> bool:
    """Whether two such hold the same numbers. NaN equals itself."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return one is other
    alike = (one.shape, one.dtype, one.device) == (other.shape, other.dtype, other.device)
    return alike and torch.equal(one.nan_to_num(), other.nan_to_num())
