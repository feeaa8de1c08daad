"""The decoder that looks back, against a plain loop over torch's cells; and the sentences with a pronoun."""

import pytest
import torch
from torch import Generator, nn

from seqmem_lib.course.n08_four_shapes.encoder_decoder import EncoderDecoder, train_pairs
from seqmem_lib.course.n09_looking_back.looking_back import LookingBack
from seqmem_lib.course.n09_looking_back.sentences import NOUNS, PRONOUNS, write_sentences

START = 2
SOURCE, TARGET = torch.tensor([[3, 1, 6, 2], [5, 4, 0, 0]]), torch.tensor([[4, 5, 1], [1, 3, 5]])


def small(seed=0, **options):
    return LookingBack(7, 6, **{"start": START, "embedding_size": 3, "hidden_size": 5, "seed": seed} | options).double()


def cell_of(layer):
    cell = nn.LSTMCell(layer.input_size, layer.hidden_size, dtype=torch.float64)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    return cell


def by_cells(model, source, target):
    """One pair, step by step: scores, and weights, where the decoder reads `target`, a list, before each number."""
    encoder, decoder, state, states = cell_of(model.encoder), cell_of(model.decoder), None, []
    for number in source:
        state = encoder(model.source_embedding.weight[number][None], state)
        states.append(state[0][0])
    scores, looks = [], []
    for number in [START, *target[:-1]]:
        query = model.query.weight @ state[0][0]
        fit = torch.stack([model.score.weight[0] @ torch.tanh(query + model.key.weight @ one) for one in states])
        weights = fit.exp() / fit.exp().sum()
        mean = sum(weight * one for weight, one in zip(weights, states, strict=True))
        state = decoder(torch.cat([model.target_embedding.weight[number], mean])[None], state)
        scores.append(model.readout(state[0]))
        looks.append(weights)
    return torch.cat(scores), torch.stack(looks)


def test_a_forced_pass_is_a_loop_over_cells():
    model = small()
    scores, looks = model._write(SOURCE, 3, TARGET)
    torch.testing.assert_close(scores, model(SOURCE, TARGET), rtol=0, atol=0)
    for row, length in enumerate((4, 2)):
        expected, weights = by_cells(model, SOURCE[row, :length].tolist(), TARGET[row].tolist())
        torch.testing.assert_close(scores[row], expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(looks[row, :, :length], weights, rtol=0, atol=1e-12)
    assert not looks[1, :, 2:].any()  # nobody looks at the padding


def test_greedy_decoding_reads_what_it_wrote():
    model, generator = small(), Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=generator)  # large, so that it does not write the same number for ever
    scores, looks = model.write(SOURCE, 6)
    written = scores.argmax(dim=-1)
    assert len(written.unique()) > 1
    told, looked = model._write(SOURCE, 6, written)
    torch.testing.assert_close(scores, told, rtol=0, atol=1e-12)
    torch.testing.assert_close(looks, looked, rtol=0, atol=1e-12)
    torch.testing.assert_close(model.generate(SOURCE, 6), scores, rtol=0, atol=0)
    torch.testing.assert_close(model.write(SOURCE, 1)[0], scores[:, :1], rtol=0, atol=1e-12)


def test_what_it_shares_with_the_other_starts_alike():
    """So that a difference between the two is one of the decoder."""
    sizes = {"start": START, "embedding_size": 3, "hidden_size": 5, "seed": 4}
    ours, other = LookingBack(7, 6, **sizes), EncoderDecoder(nn.LSTM, 7, 6, **sizes)
    for part in ("source_embedding", "target_embedding", "encoder"):
        for one, two in zip(getattr(ours, part).parameters(), getattr(other, part).parameters(), strict=True):
            assert torch.equal(one, two)
    assert ours.query.weight.abs().max() <= 5**-0.5
    assert not torch.equal(ours.query.weight, ours.key.weight)


def test_it_learns_to_copy():
    digits = torch.randint(3, 6, (400, 4), generator=Generator().manual_seed(0))
    model = LookingBack(7, 6, start=START, embedding_size=8, hidden_size=16, seed=0)
    history = train_pairs(model, digits, digits, steps=150, lr=2e-2, progress=False)
    assert history.loss[-1] < 0.1 < 1 < history.loss[0]
    assert (model.generate(digits, 4).argmax(dim=-1) == digits).all(dim=1).double().mean() > 0.9


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda model: model(SOURCE, TARGET[:1]), "2 sequences and target 1"),
        (lambda model: model(SOURCE, TARGET + 5), "target holds"),
        (lambda model: model.write(SOURCE, 0), "steps"),
        (lambda model: model.write(0 * SOURCE, 2), "nothing but padding"),
        (lambda model: small(hidden_size=0), "hidden_size"),
        (lambda model: small(start=6), "start"),
    ],
)
def test_what_it_cannot_do_is_named(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong(small())


def sentences(part="train", amount=300, **options):
    return write_sentences(amount, part=part, generator=Generator().manual_seed(0), **options)


SINGULAR, PLURAL = ({pair[k] for pair in NOUNS} for k in (0, 1))


@pytest.mark.parametrize("pronoun", PRONOUNS)
def test_a_pronoun_stands_for_one_noun_of_two(pronoun):
    for one in sentences(pronoun=pronoun):
        noun, other = one.tokens[one.noun], one.tokens[one.other]
        assert {noun, other} < SINGULAR | PLURAL
        assert all(word.islower() for word in one.tokens)
        assert sum(word in SINGULAR | PLURAL for word in one.tokens) == 2
        assert one.tokens[one.pronoun] == pronoun.split()[-1]
        assert one.tokens[: one.pronoun + 1][-len(pronoun.split()) :] == tuple(pronoun.split())
        if pronoun == "it":
            assert noun in SINGULAR
            assert other in PLURAL
        elif pronoun == "they":
            assert noun in PLURAL
            assert other in SINGULAR
        else:
            assert (one.noun < one.other) == (pronoun == "the former")


def test_nouns_stand_where_no_count_of_places_finds_them():
    """Not at one place, and each of the two is meant about as often."""
    seen = sentences()
    assert len({one.noun for one in seen}) > 4
    assert 0.4 < sum(one.noun < one.other for one in seen) / len(seen) < 0.6
    assert {one.tokens[one.noun] for one in seen} == SINGULAR | PLURAL
    assert len({" ".join(one.tokens) for one in seen}) > 290


def test_the_parts_share_no_pair_of_nouns():
    def pairs(part):
        which = {form: k for k, forms in enumerate(NOUNS) for form in forms}
        return {tuple(which[word] for word in one.tokens if word in which) for one in sentences(part, 2000)}

    assert not pairs("train") & pairs("test")
    assert len(pairs("train")) + len(pairs("test")) == 56
    assert len(pairs("test")) == 12


@pytest.mark.parametrize(
    ("options", "said"), [({"part": "both"}, "part"), ({"amount": 0}, "amount"), ({"pronoun": "she"}, "pronoun")]
)
def test_a_wrong_setting_is_named(options, said):
    with pytest.raises(ValueError, match=said):
        sentences(**options)
