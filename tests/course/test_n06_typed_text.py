"""The box to type in: what it reads, what it says, and what it shows."""

import pytest
import torch
from torch import nn

from seqmem_lib.course.n06_reviews.typed_text import TypedText
from seqmem_lib.recording import record
from seqmem_lib.texts.classifier import SequenceClassifier, predict
from seqmem_lib.texts.reads import read_mean
from seqmem_lib.texts.vocabulary import Vocabulary, split_words

VOCABULARY = Vocabulary([["a", "good", "bad", "film", "."]])


def a_box(text="a good film.", read=None, kind=nn.GRU):
    model = SequenceClassifier(kind, len(VOCABULARY), embedding_size=3, hidden_size=4, dropout=0.5, read=read, seed=0)
    with torch.no_grad():
        model.readout.weight *= 5  # so that one class is clearly preferred
    return model, TypedText(model, VOCABULARY, split_words, text)


def test_it_says_what_the_model_predicts():
    for text in ("a good film.", "bad bad bad", "film"):
        model, box = a_box(text)
        sure = predict(model, [VOCABULARY.encode(split_words(text))])[0]
        said = ("negative", "positive")[sure.argmax()]
        assert box.verdict.value == f"{said}, with a probability of {sure.max():.0%}"
        assert repr(box) == f"TypedText, reads: {text}"


@pytest.mark.parametrize("read", [None, read_mean])
def test_a_new_text_is_read_and_shown(read):
    model, box = a_box(read=read)
    box.box.value = "A bad film"
    tokens = ["a", "bad", "film"]
    assert list(box.scrubber.data["tokens"]) == tokens
    numbers = VOCABULARY.encode(tokens)
    trace, after = box._read(tokens)
    assert after.tolist() == pytest.approx([predict(model, [numbers[:k]])[0, 1].item() for k in (1, 2, 3)])
    expected = record(model.layers[0], model.embedding(torch.tensor([numbers])))
    torch.testing.assert_close(trace.h, expected.h)
    assert box.scrubber.data["seq"] == 3
    assert [name for name, _ in box.hidden.options] == ["nothing", "0 a", "1 bad", "2 film"]


def test_unknown_words_are_marked_and_markup_stays_text():
    _, box = a_box()
    box.box.value = "a <b>lousy</b> film"
    assert list(box.scrubber.data["tokens"]) == ["a", "⟨b⟩", "⟨lousy⟩", "⟨b⟩", "film"]
    assert box.verdict.value.endswith("; read as <unk>: ⟨b⟩ ⟨lousy⟩ ⟨b⟩; not read at all: < > /")


def test_a_hidden_word_is_read_as_unknown():
    model, box = a_box("a bad film")
    before = box.verdict.value
    box.hidden.value = 1
    sure = predict(model, [VOCABULARY.encode(["a", "<unk>", "film"])])[0].max()
    assert f"probability of {sure:.0%}" in box.verdict.value
    assert box.verdict.value.endswith("read as <unk>: ⟨bad⟩")
    assert list(box.scrubber.data["tokens"]) == ["a", "⟨bad⟩", "film"]
    box.hidden.value = -1
    assert box.verdict.value == before
    box.hidden.value = 2
    box.box.value = "good"
    assert (box.hidden.label, box.hidden.index) == ("nothing", 0)
    assert list(box.scrubber.data["tokens"]) == ["good"]


def test_an_empty_box_shows_no_picture_of_another_text():
    _, box = a_box("a bad film")
    assert box.scrubber.layout.display is None
    box.box.value = "   "
    assert box.verdict.value == "there is no word to read: type one"
    assert box.scrubber.layout.display == "none"
    assert box.hidden.options == (("nothing", -1),)
    box.box.value = "good film"
    assert box.scrubber.layout.display is None
    assert list(box.scrubber.data["tokens"]) == ["good", "film"]


def test_the_cursor_stands_at_the_last_word():
    _, box = a_box("a bad film")
    assert box.scrubber.step == 2
    for text, last in (("good", 0), ("a good bad film", 3), ("bad film", 1)):
        box.box.value = text
        assert box.scrubber.step == last
    box.scrubber.step = 0
    box.hidden.value = 0
    assert box.scrubber.step == 1


def test_what_the_cut_leaves_out_is_named():
    _, box = a_box("a good film.")
    box.box.value = "A GOOD film 👍👍 (bad)."
    assert box.verdict.value.endswith("%; not read at all: 👍 ( )")
    box.box.value = "a lousy film 👎"
    assert box.verdict.value.endswith("; read as <unk>: ⟨lousy⟩; not read at all: 👎")


def test_what_cannot_be_shown_is_named():
    with pytest.raises(ValueError, match="text='  ' holds no word to read"):
        a_box("  ")
    model = SequenceClassifier(nn.GRU, len(VOCABULARY), classes=3, seed=0)
    with pytest.raises(ValueError, match="model and says must be of two classes"):
        TypedText(model, VOCABULARY, split_words, "good")
