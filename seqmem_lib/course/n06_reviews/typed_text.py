"""Type a text, and watch a classifier read it."""

from collections.abc import Callable, Sequence

import ipywidgets
import torch
from torch import Tensor

from ...arguments import check_function, check_kind, check_text, check_texts
from ...recording import record
from ...texts.classifier import SequenceClassifier, check_fits, predict
from ...texts.vocabulary import UNKNOWN, Vocabulary
from ...trace import Trace
from ...widgets.live_scrubber import LiveScrubber

WHOLE, NONE = "nothing", -1  # None, as a value, would leave the box of choices blank


class TypedText(ipywidgets.VBox):
    """A box to type in, and below it the gates of the first layer while it reads, and after each word what the model
    would say if the text ended there. Any word can be hidden: the model then reads <unk> in its place. It needs a
    running kernel.

    model : a classifier of two classes; its first layer, in the forward direction, is shown
    vocabulary : of the model; other words are shown in angle brackets, and read as <unk>
    cut : text -> tokens, such as `split_words`
    text : what stands in the box at first
    says : what the model says, class 0 and class 1

    Raises TypeError if an argument is of another kind, ValueError if the text holds no word, the model has other than
    two classes, or the vocabulary is larger than the model's.
    """

    def __init__(
        self,
        model: SequenceClassifier,
        vocabulary: Vocabulary,
        cut: Callable[[str], list[str]],
        text: str,
        *,
        says: Sequence[str] = ("negative", "positive"),
    ):
        check_kind("model", model, SequenceClassifier, "a SequenceClassifier")
        check_kind("vocabulary", vocabulary, Vocabulary, "the Vocabulary of the model")
        check_function("cut", cut, "cut(text)")
        check_text("text", text)
        says = check_texts("says", says)
        check_fits(vocabulary, model)
        if model.readout.out_features != 2 or len(says) != 2:
            raise ValueError("model and says must be of two classes")
        self._model, self._vocabulary, self._cut, self._says = model, vocabulary, cut, tuple(says)
        if not check_texts("what cut returned", cut(text)):
            raise ValueError(f"text={text!r} holds no word to read")
        wide = {"style": {"description_width": "initial"}, "layout": {"width": "min(100%, 48em)"}}
        # Once the reader has finished, not at every key: each reading replaces the picture.
        self.box = ipywidgets.Text(text, description="your text", continuous_update=False, **wide)
        self.hidden = ipywidgets.Dropdown(options=[(WHOLE, NONE)], description="hide", **wide)
        self.verdict = ipywidgets.Label()
        trace, after = self._read(cut(text))
        self.scrubber = LiveScrubber(trace, readout=self._readout(after), step=len(after) - 1)
        self._offer(cut(text))
        self.verdict.value = self._in_words(text, trace, after)
        super().__init__([self.box, self.hidden, self.verdict, self.scrubber])
        self.box.observe(self._typed, "value")
        self.hidden.observe(self._show, "value")

    def __repr__(self) -> str:
        return f"TypedText, reads: {self.box.value}"

    def _read(self, tokens: list[str], hide: int = NONE) -> tuple[Trace, Tensor]:
        """What the first layer computed, and the probability of class 1 after each word, (seq,)."""
        read = [UNKNOWN if k == hide else token for k, token in enumerate(tokens)]
        numbers = self._vocabulary.encode(read)
        shown = [token if token in self._vocabulary and k != hide else f"⟨{token}⟩" for k, token in enumerate(tokens)]
        embedding = self._model.embedding
        with torch.no_grad():
            x = embedding(torch.tensor([numbers], device=embedding.weight.device))
        after = predict(self._model, [numbers[: k + 1] for k in range(len(numbers))])[:, 1]
        return record(self._model.layers[0], x, tokens=shown), after

    def _readout(self, after: Tensor) -> dict[str, list[float]]:
        return {self._says[1]: after.tolist()}

    def _offer(self, tokens: list[str]) -> None:
        self.hidden.options = [(WHOLE, NONE), *((f"{k} {token}", k) for k, token in enumerate(tokens))]

    def _in_words(self, text: str, trace: Trace, after: Tensor) -> str:
        sure = after[-1].item()
        tokens = trace.tokens[0]
        unknown = [token for token in tokens if token.startswith("⟨")]
        read = "".join(tokens)
        dropped = dict.fromkeys(c for c in text if not (c.isspace() or c in read or c.lower() in read))
        said = f"{self._says[sure >= 0.5]}, with a probability of {max(sure, 1 - sure):.0%}"
        said += f"; read as {UNKNOWN}: {' '.join(unknown)}" if unknown else ""
        return said + (f"; not read at all: {' '.join(dropped)}" if dropped else "")

    def _typed(self, _) -> None:
        with self.hidden.hold_trait_notifications():
            self._offer(self._cut(self.box.value))
            self.hidden.value = NONE
        self._show()

    def _show(self, _=None) -> None:
        tokens = self._cut(self.box.value)
        self.scrubber.layout.display = None if tokens else "none"  # no picture of another text
        if not tokens:
            self.verdict.value = "there is no word to read: type one"
            return
        trace, after = self._read(tokens, self.hidden.value)
        self.scrubber.show(trace, readout=self._readout(after))
        self.scrubber.step = len(after) - 1  # where everything has been read
        self.verdict.value = self._in_words(self.box.value, trace, after)
