"""A small classifier of film reviews that was trained beforehand."""

import json

from safetensors import safe_open
from torch import nn

from ...texts.classifier import SequenceClassifier
from ...texts.reads import read_mean
from ...texts.vocabulary import Vocabulary
from ..results import RESULTS


def load_reader() -> tuple[SequenceClassifier, Vocabulary]:
    """A small classifier of film reviews that `make results` trained on IMDB (Maas et al. 2011), and its vocabulary of
    8,000 words: an LSTM of 32 units, and a readout of the mean of its output, `read_mean`. Class 1 is positive. The
    weights were stored in half precision. imdb_reader.csv says how good it is.
    """
    with safe_open(RESULTS / "imdb_reader.safetensors", framework="pt") as file:
        vocabulary = Vocabulary.of(json.loads(file.metadata()["words"]))
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    model = SequenceClassifier(nn.LSTM, len(vocabulary), read=read_mean, seed=0)
    model.load_state_dict(weights)
    return model.eval(), vocabulary
