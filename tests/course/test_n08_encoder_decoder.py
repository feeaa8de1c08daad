"""The encoder and the decoder, against a plain loop over torch's cells."""

import pytest
import torch
from torch import Generator, nn
from torch.nn.functional import cross_entropy

from seqmem_lib.course.n08_four_shapes.encoder_decoder import EncoderDecoder, train_pairs

CELLS = {nn.RNN: nn.RNNCell, nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}
START = 2


def small(layer_type=nn.LSTM, seed=0, **options):
    sizes = {"start": START, "embedding_size": 3, "hidden_size": 5} | options
    return EncoderDecoder(layer_type, 7, 6, seed=seed, **sizes).double()


def cell_of(layer):
    cell = CELLS[type(layer)](layer.input_size, layer.hidden_size, dtype=torch.float64)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    return cell


def by_cells(model, source, target):
    """One pair, step by step: the scores where the decoder reads `target`, a list, before each of its numbers."""
    encoder, decoder, state, scores = cell_of(model.encoder), cell_of(model.decoder), None, []
    for number in source:
        state = encoder(model.source_embedding.weight[number][None], state)
    for number in [START, *target[:-1]]:
        state = decoder(model.target_embedding.weight[number][None], state)
        h = state[0] if isinstance(state, tuple) else state
        scores.append(model.readout(h))
    return torch.cat(scores)


@pytest.mark.parametrize("layer_type", CELLS)
def test_a_forced_pass_is_a_loop_over_cells(layer_type):
    model = small(layer_type)
    source, target = torch.tensor([[3, 1, 6, 2], [5, 4, 0, 0]]), torch.tensor([[4, 5, 1], [1, 3, 5]])
    scores = model(source, target)
    for row, length in enumerate((4, 2)):
        expected = by_cells(model, source[row, :length].tolist(), target[row].tolist())
        torch.testing.assert_close(scores[row], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer_type", CELLS)
def test_greedy_decoding_is_step_by_step(layer_type):
    model, generator = small(layer_type), Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=generator)  # large, so that it does not write the same number for ever
    source = torch.tensor([[3, 1, 6, 2], [5, 4, 1, 1]])
    scores = model.generate(source, 6)
    assert scores.shape == (2, 6, 6)
    written = scores.argmax(dim=-1)
    assert len(written.unique()) > 1
    for row in range(2):
        so_far = []
        for _ in range(6):  # from the beginning each time: the next number after what was written
            so_far.append(by_cells(model, source[row].tolist(), [*so_far, 0])[-1].argmax().item())
        assert written[row].tolist() == so_far
    torch.testing.assert_close(model(source, written), scores, rtol=0, atol=1e-12)  # told its own words


@pytest.mark.parametrize("layer_type", CELLS)
def test_padding_changes_nothing(layer_type):
    model = small(layer_type)
    source, target = torch.tensor([[3, 1, 6]]), torch.tensor([[4, 5, 1]])
    padded = torch.tensor([[3, 1, 6, 0, 0], [2, 2, 2, 2, 2]])
    scores, batch = model(source, target), model(padded, target.expand(2, -1))
    torch.testing.assert_close(batch[:1], scores, rtol=0, atol=1e-12)
    torch.testing.assert_close(model.generate(padded, 4)[:1], model.generate(source, 4), rtol=0, atol=1e-12)


def test_the_start_is_the_seed_s():
    first, same, other = (small(seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("own_output", [0, 1])
def test_one_training_step(own_output):
    source, target = torch.tensor([[3, 1, 6], [5, 4, 0]]), torch.tensor([[4, 5, 1], [3, 1, 0]])
    options = {"steps": 1, "batch_size": 16, "lr": 0.1, "seed": 5, "max_norm": 1e-8, "progress": False}
    trained, model = small(seed=4), small(seed=4)
    losses = train_pairs(trained, source, target, own_output=own_output, **options).loss
    chosen = torch.randint(2, (16,), generator=Generator().manual_seed(5))
    scores = model.generate(source[chosen], 3) if own_output else model(source[chosen], target[chosen])
    real = target[chosen] != 0
    loss = cross_entropy(scores[real], target[chosen][real])  # the padding is left out
    assert losses == (pytest.approx(loss.item(), abs=1e-12),)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1e-8)  # so small that Adam notices
    optimizer.step()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(trained.state_dict()[name], value, rtol=0, atol=1e-12)


def test_a_share_of_the_updates_reads_its_own(monkeypatch):
    source = target = torch.tensor([[3, 4], [4, 3]])
    model, written = small(seed=0), []
    monkeypatch.setattr(model, "generate", lambda *given: written.append(1) or EncoderDecoder.generate(model, *given))
    train_pairs(model, source, target, steps=400, seed=1, own_output=0.25, progress=False)
    assert len(written) == pytest.approx(100, abs=26)  # three standard deviations


def test_it_learns_to_reverse():
    generator = Generator().manual_seed(0)
    digits = torch.randint(3, 6, (200, 3), generator=generator)
    model = EncoderDecoder(nn.GRU, 6, 6, start=START, hidden_size=24, seed=0)
    losses = train_pairs(model, digits, digits.flip(1), steps=300, lr=1e-2, progress=False).loss
    assert len(losses) == 300
    assert losses[-1] < 0.1 < losses[0]
    with torch.no_grad():
        right = (model.generate(digits, 3).argmax(dim=-1) == digits.flip(1)).all(dim=1)
    assert right.double().mean() > 0.95


def test_training_has_what_train_has(capsys):
    """A bar, and an error instead of NaN; Ctrl-C is tested for train."""
    pairs = torch.tensor([[3, 4, 5]]), torch.tensor([[5, 4, 3]])
    assert repr(train_pairs(small(), *pairs, steps=5)).startswith("History of 5 updates: loss ")
    assert "5/5" in capsys.readouterr().err
    model = small()
    model.readout.bias.data[:] = torch.nan
    with pytest.raises(FloatingPointError, match="look for NaN in the data and the weights"):
        train_pairs(model, *pairs, steps=5, progress=False)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layer_type": nn.Linear}, TypeError, "layer_type must be nn.RNN, nn.LSTM or nn.GRU"),
        ({"start": 0}, ValueError, "start must be a whole number from 1 to 5"),
        ({"start": 6}, ValueError, "start must be a whole number from 1 to 5"),
        ({"hidden_size": 0}, ValueError, "hidden_size must be a whole number of at least 1"),
        ({"embedding_size": 0}, ValueError, "embedding_size must be a whole number of at least 1"),
    ],
)
def test_refusals(options, error, message):
    with pytest.raises(error, match=message):
        small(**options)


def test_a_source_needs_a_target_and_a_word():
    with pytest.raises(ValueError, match="source holds 3 sequences and target 2"):
        train_pairs(small(), torch.ones(3, 2).long(), torch.ones(2, 2).long(), steps=1)
    with pytest.raises(ValueError, match="source holds a sequence of nothing but padding"):
        small().encode(torch.tensor([[1, 2], [0, 0]]))
