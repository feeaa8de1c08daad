"""The task with keys that are overwritten, by its tokens; and a layer that solves it by construction."""

import pytest
import torch
from torch import Generator

from seqmem_lib.course.n17_scans.matrices import DeltaRule
from seqmem_lib.course.n17_scans.pairs import overwritten_pairs


def a_batch(seq=40, count=50):
    with torch.device("meta"):  # data come from the CPU, whatever the default device
        return overwritten_pairs(seq)(count, generator=Generator("cpu").manual_seed(0))


def test_a_draw_may_be_so_small_that_keys_and_values_are_missing():
    x, y = a_batch(seq=2, count=1)
    assert (x.shape, y.shape) == ((1, 2, 13), (1, 2))
    assert x[0, 0].sum() == 2  # a key and a value: what has not been written is not read


def test_at_a_read_the_last_value_is_due():
    x, y = a_batch()
    task = overwritten_pairs(40)
    assert x.shape == (50, 40, 13) == (50, 40, task.input_size)
    assert (y.max() + 1, "40 steps" in str(task)) == (task.output_size, True)
    overwritten = 0
    for tokens, due in zip(overwritten_pairs(40).tokens(x), y.tolist(), strict=True):
        held = {}
        for token, answer in zip(tokens, due, strict=True):
            if token[1] == "?":
                assert answer == held[token[0]] - 1  # which is never missing
            else:
                assert answer == -100
                overwritten += token[0] in held
                held[token[0]] = int(token[2])
    assert overwritten > 500


def test_a_step_is_a_key_and_a_value_or_a_read():
    x, _ = a_batch()
    assert (x[..., :8].sum(dim=-1) == 1).all()
    assert (x[..., 8:].sum(dim=-1) == 1).all()
    assert 0.2 < x[..., -1].mean() < 0.5


def test_guessing_is_right_at_one_read_of_four():
    _, y = a_batch(count=2000)
    task = overwritten_pairs(40)
    always = torch.nn.functional.one_hot(torch.zeros(2000, 40, dtype=torch.long), 4).float()
    assert abs(task.metric(always, y).item() - task.chance) < 0.01
    torch.testing.assert_close(task.loss(torch.zeros(2000, 40, 4), y), torch.tensor(4.0).log())


def test_the_loss_and_the_metric_do_not_look_at_the_other_steps():
    _, y = a_batch()
    task, output = overwritten_pairs(40), torch.randn(50, 40, 4)
    other = torch.where((y == -100)[..., None], 7 * torch.randn(50, 40, 4), output)
    torch.testing.assert_close(task.loss(output, y), task.loss(other, y))
    torch.testing.assert_close(task.metric(output, y), task.metric(other, y))


@pytest.mark.parametrize(("erase", "least", "most"), [(True, 1, 1), (False, 0.4, 0.9)])
def test_the_delta_rule_can_and_adding_cannot(erase, least, most):
    """Keys and values as they are; written fully at a write, and not at a read."""
    layer = DeltaRule(13, 4, 8, erase=erase)
    with torch.no_grad():
        layer.project.weight.zero_()
        layer.project.bias.zero_()
        layer.project.weight[:8, :8] = layer.project.weight[8:16, :8] = torch.eye(8)
        layer.project.weight[16:20, 8:12] = torch.eye(4)
        layer.project.weight[20, 12], layer.project.bias[20] = -60, 30
    x, y = a_batch()
    assert least <= overwritten_pairs(40).metric(layer(x), y).item() <= most


def test_a_length_that_does_not_fit():
    assert a_batch(2)[0].shape == (50, 2, 13)
    with pytest.raises(ValueError, match="seq must be a whole number"):
        overwritten_pairs(1)
