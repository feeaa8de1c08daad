"""Models as files: what is read back predicts the same, bit for bit, and what is no saved model is named."""

import json
import os
from itertools import product

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from seqmem_lib.recording import record
from seqmem_lib.tasks import latch
from seqmem_lib.texts.classifier import SequenceClassifier, predict
from seqmem_lib.texts.reads import read_ends, read_max, read_mean
from seqmem_lib.texts.vocabulary import Vocabulary
from seqmem_lib.training import saving
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.train import train

KINDS = [nn.RNN, nn.LSTM, nn.GRU]
WORDS = Vocabulary([["好", "看", "a", "'", '"', "\\", "😀", "\ud83d"]])  # the last is half a character
SEQUENCES = [[3, 1, 4, 1, 5, 6, 2], [2], [6, 5, 3], [9, 8, 7]]


def a_classifier(kind=nn.GRU, **options):
    return SequenceClassifier(kind, len(WORDS), **{"embedding_size": 3, "hidden_size": 4, "seed": 1} | options)


def a_model(kind=nn.GRU, **options):
    return SequenceModel(kind, (3, 2), **{"hidden_size": 4, "seed": 1} | options)


def same_weights(one, other):
    assert list(one.state_dict()) == list(other.state_dict())
    for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        assert a.dtype == b.dtype
        assert torch.equal(a, b)


# --- What comes back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("read", [None, read_ends, read_mean, read_max])
@pytest.mark.parametrize(("kind", "layers", "both"), list(product(KINDS, [1, 2], [False, True])))
def test_a_classifier_predicts_the_same_bit_for_bit(kind, layers, both, read, dtype, tmp_path):
    for padding_idx, dropout in ((0, 0.0), (None, 0.25)):
        options = {"num_layers": layers, "bidirectional": both, "padding_idx": padding_idx, "dropout": dropout}
        model = a_classifier(kind, read=read, classes=3, **options).to(dtype)
        model.save(tmp_path / "model", WORDS)
        loaded, vocabulary = SequenceClassifier.load(tmp_path / "model")
        assert torch.equal(predict(loaded, SEQUENCES), predict(model, SEQUENCES))
        assert str(loaded) == str(model)
        same_weights(loaded, model)
        assert vocabulary.words == WORDS.words
        assert vocabulary.encode(["看", "?"]) == WORDS.encode(["看", "?"])
        assert model.training
        assert not loaded.training


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(
    ("kind", "options"), [*((kind, {}) for kind in KINDS), (nn.RNN, {"nonlinearity": "relu"})], ids=str
)
def test_a_sequence_model_predicts_the_same_bit_for_bit(kind, options, dtype, tmp_path):
    model, x = a_model(kind, **options).to(dtype), torch.randn(2, 5, 3).to(dtype)
    model.save(tmp_path / "model")
    loaded = SequenceModel.load(str(tmp_path / "model"))
    assert torch.equal(loaded(x), model(x))
    assert str(loaded) == str(model)
    same_weights(loaded, model)
    if dtype == torch.float32:
        assert torch.equal(record(loaded.rnn, x).h, record(model.rnn, x).h)


def test_a_loaded_model_can_be_trained_on_and_moved(tmp_path):
    """As if it had never been a file."""
    models = [SequenceModel(nn.LSTM, latch(3), hidden_size=4, seed=0)]
    models[0].save(tmp_path / "model")
    models.append(SequenceModel.load(tmp_path / "model"))
    for model in models:
        train(model, latch(3), steps=5, batch_size=3, progress=False)
    same_weights(*models)
    x = torch.randn(1, 3, 8)
    torch.testing.assert_close(models[1].double()(x.double()).float(), models[0](x))
    assert all(parameter.requires_grad for parameter in models[1].parameters())


def test_a_model_that_was_read_outlives_its_file(tmp_path):
    path, model = tmp_path / "model", a_model()
    model.save(path)
    loaded = SequenceModel.load(path)
    path.write_bytes(b"\0" * path.stat().st_size)
    same_weights(loaded, model)


def test_weights_keep_their_own_precision(tmp_path):
    model = a_classifier()
    model.embedding.double()
    model.save(tmp_path / "model", WORDS)
    loaded, _ = SequenceClassifier.load(tmp_path / "model")
    assert loaded.embedding.weight.dtype == torch.float64
    same_weights(loaded, model)


def test_a_vocabulary_may_be_smaller_than_the_model(tmp_path):
    model = SequenceClassifier(nn.GRU, 50, seed=0)
    model.save(tmp_path / "model", WORDS)
    loaded, vocabulary = SequenceClassifier.load(tmp_path / "model")
    assert loaded.embedding.num_embeddings == 50
    assert vocabulary.words == WORDS.words


def test_neither_saving_nor_loading_draws_random_numbers(tmp_path):
    state, model = torch.get_rng_state(), a_classifier(dropout=0.5)
    model.save(tmp_path / "model", WORDS)
    SequenceClassifier.load(tmp_path / "model")
    assert torch.equal(torch.get_rng_state(), state)


def test_the_file_is_of_safetensors_and_says_what_it_is(tmp_path):
    a_classifier(read=read_max).save(tmp_path / "model", WORDS)
    with safe_open(tmp_path / "model", framework="pt") as file:
        about = json.loads(file.metadata()["seqmem"])
    assert about["version"] == 1
    assert about["kind"] == "SequenceClassifier"
    assert (about["settings"]["read"], about["settings"]["layer_type"]) == ("read_max", "GRU")
    assert about["words"] == list(WORDS.words[2:])


# --- What is not saved -------------------------------------------------------------------------------------


def last_step(output, state, real):
    return output[:, -1]


def with_other_part(model, name, part):
    setattr(model, name, part)
    return model


@pytest.mark.parametrize(
    ("save", "error", "message"),
    [
        (lambda to: a_classifier(read=last_step).save(to, WORDS), ValueError, "read is a function of yours, .*last_st"),
        (lambda to: a_classifier(read=lambda *_: 0).save(to, WORDS), ValueError, "read is a function of yours"),
        (lambda to: a_classifier().save(to, ["a"]), TypeError, "vocabulary is of type list: pass the Vocabulary of"),
        (
            lambda to: SequenceClassifier(nn.GRU, 5, seed=0).save(to, WORDS),
            ValueError,
            f"vocabulary holds {len(WORDS)} words, the model 5",
        ),
        (
            lambda to: with_other_part(a_model(), "readout", nn.Identity()).save(to),
            ValueError,
            r"this SequenceModel holds other parts .* save model\.state_dict\(\) instead",
        ),
        (lambda to: with_other_part(a_model(), "rnn", nn.GRU(3, 4, 2)).save(to), ValueError, ".*holds other parts"),
        (lambda to: with_other_part(a_model(), "rnn", nn.GRU(3, 4)).save(to), ValueError, ".*holds other parts"),
        (lambda to: with_other_part(a_model(), "rnn", nn.Linear(3, 4)).save(to), ValueError, ".*holds other parts"),
        (lambda to: with_other_part(a_model(), "more", nn.Linear(3, 4)).save(to), ValueError, ".*holds other parts"),
        (
            lambda to: with_other_part(a_classifier(), "layers", nn.ModuleList([nn.GRU(3, 4)])).save(to, WORDS),
            ValueError,
            "this SequenceClassifier holds other parts",
        ),
        (lambda to: a_model().to("meta").save(to), ValueError, ".*holds other parts"),
        (
            lambda to: a_model().save(to / "b" / "c"),
            FileNotFoundError,
            r"path='.*c': there is no folder '.*b'; create it first",
        ),
        (lambda to: a_model().save(to.parent), ValueError, r"path=.* is a folder"),
        (lambda to: a_model().save(os.devnull), ValueError, r"path=.* is a folder, or no file"),
        (lambda to: a_model().save(3), TypeError, "path must be a path, not 3"),
        (lambda to: a_model().save(""), ValueError, "path='' can be the name of no file"),
    ],
)
def test_what_cannot_be_saved_leaves_nothing(save, error, message, tmp_path):
    with pytest.raises(error, match=f"^{message}"):
        save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", ["save_file", "replace"])
@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()], ids=["disk", "Ctrl-C"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(fails, error, tmp_path, monkeypatch):
    path = tmp_path / "model"
    a_model(seed=1).save(path)

    def save_half(tensors, part, metadata):
        part.write_bytes(b"half")
        raise error

    def replace_nothing(part, path):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(*(saving, "save_file", save_half) if fails == "save_file" else (os, "replace", replace_nothing))
        with pytest.raises(type(error), match=r"^path='.*model' cannot be written \(No" if error.args else None):
            a_model(seed=2).save(path)
    assert [one.name for one in tmp_path.iterdir()] == ["model"]
    same_weights(SequenceModel.load(path), a_model(seed=1))


def test_an_older_file_is_replaced_and_may_have_the_longest_name(tmp_path):
    path = tmp_path / ("x" * 255)
    for seed in (1, 2):
        a_model(seed=seed).save(path)
        same_weights(SequenceModel.load(path), a_model(seed=seed))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


# --- What is not read --------------------------------------------------------------------------------------


def edited(path, change, weights=None):
    """The same file with other metadata, and perhaps other weights."""
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["seqmem"])
        found = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a mapping)
    about = change(about)
    save_file(found | (weights or {}), path, {"seqmem": about if isinstance(about, str) else json.dumps(about)})


def settings(**more):
    return lambda about: about | {"settings": about["settings"] | more}


NOT_ALL = r"path=.*model' holds no saved model, or not all of it: pass a file that SequenceClassifier\.save wrote"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b""), NOT_ALL),
        (lambda path: path.write_text("my notes"), NOT_ALL),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), NOT_ALL),
        (lambda path: path.write_bytes(path.read_bytes()[:40]), NOT_ALL),
        (lambda path: path.write_bytes(path.read_bytes() + b"more"), NOT_ALL),
        (lambda path: torch.save(a_classifier().state_dict(), path), NOT_ALL),
        (lambda path: save_file({"a": torch.zeros(1)}, path), NOT_ALL),
        (lambda path: save_file({"a": torch.zeros(1)}, path, {"words": "[]"}), NOT_ALL),
        (lambda path: record(nn.GRU(3, 4), torch.zeros(1, 2, 3)).save(path), NOT_ALL),
        (lambda path: edited(path, lambda about: "{"), NOT_ALL),
        (lambda path: edited(path, lambda about: [about]), NOT_ALL),
        (lambda path: edited(path, lambda about: {}), NOT_ALL),
        (lambda path: edited(path, lambda about: about | {"settings": None}), NOT_ALL),
        (lambda path: edited(path, lambda about: about | {"words": None}), NOT_ALL),
        (lambda path: edited(path, lambda about: about | {"words": ["a", "a"]}), NOT_ALL),
        (lambda path: edited(path, lambda about: about | {"words": [*map(str, range(99))]}), NOT_ALL),
        (lambda path: edited(path, settings(layer_type="Transformer")), NOT_ALL),
        (lambda path: edited(path, settings(read="last_step")), NOT_ALL),
        (lambda path: edited(path, settings(hidden_size=-1)), NOT_ALL),
        (lambda path: edited(path, settings(hidden_size=5)), NOT_ALL),
        (lambda path: edited(path, settings(num_layers=2)), NOT_ALL),
        (lambda path: edited(path, settings(more=1)), NOT_ALL),
        (lambda path: edited(path, lambda about: about, {"more": torch.zeros(1)}), NOT_ALL),
        (lambda path: edited(path, lambda about: about, {"readout.bias": torch.zeros(2).int()}), NOT_ALL),
        (
            lambda path: edited(path, lambda about: {"version": 2, "kind": "Another", "parts": 0}),
            r"path=.*model' was written by a newer seqmem: update this one",
        ),
        (lambda path: a_model().save(path), r"path=.*model' holds a SequenceModel: load it with SequenceModel\.load"),
    ],
)
def test_what_is_no_saved_classifier_is_named(damage, message, tmp_path):
    path = tmp_path / "model"
    a_classifier().save(path, WORDS)
    damage(path)
    with pytest.raises(ValueError, match=f"^{message}$"):
        SequenceClassifier.load(path)


def test_a_file_of_the_other_class_or_none_is_named(tmp_path):
    a_classifier().save(tmp_path / "model", WORDS)
    with pytest.raises(ValueError, match=r"model' holds a SequenceClassifier: load it with SequenceClassifier\.load$"):
        SequenceModel.load(tmp_path / "model")
    for load in (SequenceModel.load, SequenceClassifier.load):
        for path in (tmp_path, tmp_path / "none"):
            with pytest.raises(FileNotFoundError, match=r"is not a file: pass one that Sequence\w+\.save wrote$"):
                load(path)
        with pytest.raises(TypeError, match="path must be a path, not 3"):
            load(3)


def test_nothing_in_a_file_is_executed(tmp_path):
    """Names stand for a few functions of ours, and are looked up nowhere else."""
    path = tmp_path / "model"
    a_classifier().save(path, WORDS)
    for change in ({"read": "predict"}, {"read": "os.system"}, {"layer_type": "Linear"}, {"layer_type": "GRUCell"}):
        edited(path, settings(**change))
        with pytest.raises(ValueError, match="holds no saved model"):
            SequenceClassifier.load(path)
