import pytest
import torch
from torch import Generator

from seqmem_lib.tasks import error_at_reads, name_marks, store_and_recall


def generator(seed=0):
    return Generator().manual_seed(seed)


def test_the_answer_is_what_a_variable_would_hold():
    """Against the task in plain Python: one variable, step by step."""
    x, y = store_and_recall(50, seq=60, generator=generator())
    assert (x.shape, y.shape) == ((50, 60, 3), (50, 60, 1))
    for sequence, answers in zip(x.tolist(), y.tolist(), strict=True):
        stored = None
        for (value, write, read), (answer,) in zip(sequence, answers, strict=True):
            assert -1 <= value <= 1
            assert (write, read) in ((0, 0), (1, 0), (0, 1))
            if write:
                stored = value
            assert answer == (stored if read else 0)  # a read before any write would compare with None


def test_marks_are_as_rare_as_asked():
    x, _ = store_and_recall(2000, seq=50, p_write=0.2, p_read=0.3, generator=generator())
    assert x[..., 1].mean() == pytest.approx(0.2, abs=0.01)
    assert x[:, 40:, 2].mean() == pytest.approx(0.3, abs=0.01)


def test_variance_of_the_answer():
    x, y = store_and_recall(4000, generator=generator())
    assert y[x[..., 2] > 0].square().mean() == pytest.approx(1 / 3, abs=0.01)


def test_one_seed_one_batch():
    first, again, other = (store_and_recall(2, generator=generator(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_names_of_marks():
    x = torch.tensor([[[0.5, 1, 0], [0.1, 0, 0], [0.2, 0, 1]]])
    assert name_marks(x) == [["write", "·", "read"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0"),
        ({"seq": 0}, "seq must be a whole number of at least 1, not 0"),
        ({"seq": 2.5}, r"seq must be a whole number of at least 1, not 2\.5"),
        ({"p_write": 0}, "p_write=0"),
        ({"p_write": 0.6, "p_read": 0.6}, "a sum of at most 1"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        store_and_recall(**{"batch_size": 2, **options}, generator=generator())


def test_other_bad_input_is_named():
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator, not None"):
        store_and_recall(2, generator=None)
    with pytest.raises(ValueError, match=r"x has shape \(2, 3\): name_marks reads the \(batch, seq, 3\)"):
        name_marks(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="y holds no read"):
        error_at_reads(torch.zeros(1, 2, 1), torch.zeros(1, 2, 1))


def test_error_counts_the_reads_only():
    output, y = torch.tensor([5.0, 0.5, -1.0])[None, :, None], torch.tensor([0.0, 0.25, -0.5])[None, :, None]
    assert error_at_reads(output, y).item() == (0.25**2 + 0.5**2) / 2


def test_data_come_from_the_cpu_whatever_the_default_device():
    with torch.device("meta"):
        assert store_and_recall(2, generator=generator())[0].device.type == "cpu"
