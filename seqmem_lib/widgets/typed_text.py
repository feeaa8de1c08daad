"""The TypedText: type a text, and watch a classifier read it, in the page."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..arguments import check_function, check_kind, check_text, check_texts, shown
from ..language import tr, tr_joined, tr_label
from ..plots.letters import label_drawn
from ..recording import record
from ..texts.classifier import SequenceClassifier, check_fits, predict
from ..texts.reads import read_ends, read_mean
from ..texts.vocabulary import UNKNOWN, Vocabulary, segment, split_words
from .page import say_size, static_face
from .scrubber import Scrubber

SCRIPT = Path(__file__).with_suffix(".js")


class TypedText:
    """Type a text, and see the gates and states of a classifier while it reads, and after each word what it would say
    if the text ended there. Words that it does not know stand in angle brackets, and are read as <unk>. Any word can
    be hidden: then <unk> is read in its place.

    model : a classifier of two classes, with one layer in one direction, that reads the end or the mean: `read_ends`
        or `read_mean`
    vocabulary : of the model
    cut : `split_words`, or `segment`, which then cuts by the words of the vocabulary
    text : what stands in the field at first
    says : what the model says, class 0 and class 1
    gloss : for each word of `text` what stands for it in the still picture and the alt text: fonts of pictures may
        lack a script

    It is a picture with alt text where JavaScript does not run, and alive everywhere else, with or without a kernel:
    the weights, rounded to 16 bits, and the vocabulary travel with it. A warning says so if they take more than 5 MB.

    Raises TypeError if an argument is of another kind, ValueError if the text holds no word, the vocabulary is larger
    than the model's, gloss is not one text for each word, or the page cannot run such a model or cut in such a way.

    >>> vocabulary = sm.Vocabulary([["a", "good", "film"], ["a", "bad", "film"]])
    >>> model = sm.SequenceClassifier(nn.LSTM, len(vocabulary), seed=0)
    >>> sm.TypedText(model, vocabulary, sm.split_words, "A good film.")
    TypedText, reads: A good film.
    """

    def __init__(
        self,
        model: SequenceClassifier,
        vocabulary: Vocabulary,
        cut: Callable[[str], list[str]],
        text: str,
        *,
        says: Sequence[str] = ("negative", "positive"),
        gloss: Sequence[str] | None = None,
    ):
        check_kind("model", model, SequenceClassifier, "a SequenceClassifier")
        check_kind("vocabulary", vocabulary, Vocabulary, "the Vocabulary of the model")
        if check_function("cut", cut, "cut(text)") not in (split_words, segment):
            raise ValueError(f"cut must be split_words or segment, by which the page can cut too, not {shown(cut)}")
        self.text, self.says = check_text("text", text), check_texts("says", says)
        check_fits(vocabulary, model)
        if model.readout.out_features != 2 or len(self.says) != 2:
            raise ValueError("model and says must be of two classes")
        _check_can_run(model)
        self._cut, self._words = cut.__name__, vocabulary.words
        tokens = split_words(text) if cut is split_words else segment(text, vocabulary)
        if not tokens:
            raise ValueError(f"text={text!r} holds no word to read")
        marked = [token if token in vocabulary else f"⟨{token}⟩" for token in tokens]
        names = marked if gloss is None else check_texts("gloss", gloss)
        if len(names) != len(tokens):
            raise ValueError(f"gloss must be {len(tokens)} texts, one for each word of text: {shown(marked)}")
        self._scrubber = self._read(model, vocabulary, tokens, names)
        self._model = {
            "cell": self._scrubber.trace.kind,
            "hidden_size": model.layers[0].hidden_size,
            "read": "mean" if model.read is read_mean else "last",  # as learning.js calls them
            "weights": {name: _float16(name, one) for name, one in _weights(model, len(vocabulary)).items()},
        }
        size = sum(map(len, self._model["weights"].values()))
        say_size(
            "TypedText", size, "keep fewer words, such as Vocabulary(texts, most=10_000), or train a smaller model"
        )

    def __repr__(self) -> str:
        return f"TypedText, reads: {self.text}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        alt = tr_joined([tr("A field to type in."), self._scrubber.saying(tr_label).alt()])
        still = self._scrubber.saying(label_drawn).still_picture()
        return static_face(SCRIPT, self._data(), still, alt, repr(self))

    def _read(self, model: SequenceClassifier, vocabulary: Vocabulary, tokens: list[str], names: list[str]) -> Scrubber:
        """What the page shows first, as its still picture does."""
        numbers = vocabulary.encode(tokens)
        with torch.no_grad():
            x = model.embedding(torch.tensor([numbers], device=model.embedding.weight.device))
        after = predict(model, [numbers[: k + 1] for k in range(len(numbers))])[:, 1]
        trace = record(model.layers[0], x, tokens=names)
        return Scrubber(trace, readout={self.says[1]: after.tolist()}, step=len(tokens) - 1)

    def _data(self) -> dict:
        """What typed_text.js reads. It fills the panels itself: with what was typed."""
        data = self._scrubber.saying(tr_label).data()
        (view,) = data["views"]
        computed = ("values", "scale", "decimals")
        panels = [{name: one for name, one in panel.items() if name not in computed} for panel in view["panels"]]
        return {
            "text": self.text,
            "says": [tr_label(one) for one in self.says],
            "cut": self._cut,
            "words": self._words,
            "unknown": UNKNOWN,
            "model": self._model,
            "view": {**view, "panels": panels, "unit": self._scrubber.unit},
            "colors": data["colors"],
        }


def _check_can_run(model: SequenceClassifier) -> None:
    has = []
    if len(model.layers) > 1:
        has.append(f"{len(model.layers)} layers")
    if model.backward_layers:
        has.append("two directions")
    if model.read not in (read_ends, read_mean):
        has.append(f"the read {getattr(model.read, '__name__', shown(model.read))}")
    if has:
        can = "one layer that reads forward, with read_ends or read_mean"
        raise ValueError(f"model has {', '.join(has)}: the page can run {can}")


def _weights(model: SequenceClassifier, words: int) -> dict[str, Tensor]:
    """As engine.js and learning.js call them."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {
        **{name: getattr(model.layers[0], f"{name}_l0") for name in names},
        "readout_weight": model.readout.weight,
        "readout_bias": model.readout.bias,
        "embedding": model.embedding.weight[:words],
    }


def _float16(name: str, weights: Tensor) -> str:
    with np.errstate(over="ignore"):  # becomes infinite, which is refused
        half = weights.detach().double().cpu().numpy().astype("<f2")
    if not np.isfinite(half).all():
        raise ValueError(f"model has a {name} that 16 bits cannot hold: they reach {np.finfo(half.dtype).max:,.0f}")
    return base64.b64encode(half.tobytes()).decode()
