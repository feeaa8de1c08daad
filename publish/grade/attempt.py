"""Stand-ins for what an answer defines, which look to a check like a function or a class of this process."""

import builtins
import json
import re
from collections.abc import Callable
from multiprocessing.connection import Connection

import cloudpickle
import torch
from torch import Tensor, nn

from publish.grade import wire

LARGEST = 1 << 24  # bytes of an answer


class Conversation:
    """With the process that an answer runs in. `ended` says why it is over, if it is over before its time."""

    def __init__(self, pipe: Connection, gone: str):
        self.pipe, self.gone, self.ended = pipe, gone, ""

    def ask(self, what: str, *about, given: tuple = ()):
        """Have `what` (a method of room.Answer) done with what is given, and return its answer; or raise what it
        raised. What is given becomes what it became there."""
        changeable = wire.changeable(given)
        try:
            self.pipe.send_bytes(cloudpickle.dumps((what, about, given, [wire.state(one) for one in changeable])))
            reply = self.pipe.recv_bytes(LARGEST)
        except (EOFError, ConnectionError):
            self.ended = self.ended or self.gone
        except OSError:
            self.ended = self.ended or f"its answer has more than {LARGEST:,} bytes"
        if self.ended:
            raise _error("Ended", self.ended)
        try:
            reply = json.loads(reply)
            if "error" in reply:
                error = _error(*map(str, reply["error"]))
            else:
                for one, state in zip(changeable, reply["became"], strict=True):
                    wire.become(one, state)
                return wire.decode(reply["answer"], given)
        except Exception as unreadable:  # it was written by hand
            error = _error("ValueError", f"its answer cannot be read ({type(unreadable).__name__})")
        raise error


def _error(kind: str, message: str, number: str = "", code: str = "") -> Exception:
    """An error of the kind that was raised there, or at least of its name."""
    name = re.sub(r"\W", "", kind)[:40] or "Error"
    known = getattr(builtins, name, None)
    known = known if isinstance(known, type) and issubclass(known, Exception) else type(name, (Exception,), {})
    try:
        error = known(message)
    except TypeError:  # that of Unicode wants five arguments
        error = type(name, (Exception,), {})(message)
    error.at_line = number, code
    return error


def function(conversation: Conversation, name: str) -> Callable:
    def attempt(*given):
        return conversation.ask("call", name, given=given)

    attempt.__name__ = name
    attempt.on = lambda make: conversation.ask("on", name, given=(make,))
    return attempt


def class_(conversation: Conversation, name: str, own: list[str]) -> type[nn.Module]:
    """own : the names that stand in the class itself, because a check may ask whether forward() was written anew."""
    methods = {one: getattr(_Model, one) for one in ("__init__", "forward") if one in own}
    return type(name, (_Model,), methods | {"_conversation": conversation, "_name": name})


class _Model(nn.Module):
    """A model that lives there. Its parameters stand here as well, and go along whenever it is called."""

    def __init__(self, *sizes):
        nn.Module.__init__(self)
        self._number, parameters = self._conversation.ask("make", self._name, given=sizes)
        for name, (value, asks, _) in parameters.items():
            *path, last = name.split(".")
            room = self
            for part in path:
                if part not in room._modules:
                    room.add_module(part, nn.Module())
                room = room._modules[part]
            if asks is None:
                room.register_buffer(last, wire.decode(value))
            else:
                room.register_parameter(last, nn.Parameter(wire.decode(value), requires_grad=asks))

    def forward(self, *given):
        about = self._number, wire.state(self), self.training, torch.is_grad_enabled()
        run, answer = self._conversation.ask("run", *about, given=given)
        leaves = [one for one in (*wire.changeable(given), *self.parameters()) if getattr(one, "requires_grad", False)]
        outputs = [answer] if isinstance(answer, Tensor) else answer
        if not (torch.is_grad_enabled() and leaves and isinstance(outputs, list | tuple)):
            return answer
        if not all(isinstance(one, Tensor) and one.is_floating_point() for one in outputs):
            return answer
        outputs = _There.apply(self._conversation, run, [one.detach() for one in outputs], *leaves)
        return outputs[0] if isinstance(answer, Tensor) else outputs


class _There(torch.autograd.Function):
    """A run of a model that lives there: its backward pass is made there, too."""

    @staticmethod
    def forward(ctx, conversation, run, outputs, *leaves):
        ctx.conversation, ctx.run = conversation, run
        return tuple(outputs)

    @staticmethod
    def backward(ctx, *gradients):
        return None, None, None, *ctx.conversation.ask("backward", ctx.run, given=gradients)
