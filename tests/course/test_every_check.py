"""What holds for the check of an exercise, whatever it asks for. (Those that are not listed have their own tests.)"""

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib import course
from seqmem_lib.course.judge import judge
from seqmem_lib.course.n01_rnn import checks as n01
from seqmem_lib.course.n03_gru import cell_checks as n03_cells
from seqmem_lib.course.n03_gru import checks as n03
from seqmem_lib.course.n04_comparison import checks as n04
from seqmem_lib.course.n05_layers import checks as n05
from seqmem_lib.course.n06_reviews import checks as n06
from seqmem_lib.course.n08_four_shapes import checks as n08
from seqmem_lib.course.n09_looking_back import checks as n09
from seqmem_lib.course.n10_forecasting import checks as n10
from seqmem_lib.course.n11_training import checks as n11
from seqmem_lib.course.n12_bug_museum import checks as n12
from seqmem_lib.course.n13_explosion import checks as n13
from seqmem_lib.course.n14_inside import checks as n14
from seqmem_lib.course.n16_characters import checks as n16
from seqmem_lib.course.n17_scans import checks as n17

# Those that draw numbers themselves.
DRAWING = [n01.one_matrix, n01.weight_gradient, n03.pytorch_z, n03_cells.published_step, n04.fair_score]
DRAWING += [n05.last_states, n05.same_mask, n06.mean_of_words, n06.turn_around, n06.hold_over_padding]
DRAWING += [n08.mean_over_sequences, n08.decoder_inputs, n08.keep_best]
DRAWING += [n09.positions_looked_at, n09.product_scores, n09.within_reach, n09.one_more]
DRAWING += [n10.seasonal_mase, n10.same_season, n10.feed_back_all, n10.levels, n10.places_seen]
DRAWING += [n11.streams, n11.loss_without_reading, n11.not_reached, n12.mixes_sequences, n12.reads_ahead]
DRAWING += [n13.most_left, n13.predict_half_life, n13.clip_by_norm, n13.exploding_weight]
DRAWING += [n14.renamed_accuracy, n14.find_period, n14.rotating_weight, n14.growing_directions, n14.halving_steps]
DRAWING += [n16.bits_per_character, n16.other_temperature, n16.luck, n16.begin_anew]
DRAWING += [n17.compose_steps, n17.mean_so_far, n17.odd_so_far]
DRAWING += [n01.steps_until, n01.resting_places, n03.same_budget, n04.symbols_known, n04.runs_needed, n04.counted_up_to]
DRAWING += [n05.lstm_parameters, n05.row_of_h_n, n05.packed_sizes, n06.count_twins, n06.at_least_as_good]
DRAWING += [n09.position_waves, n10.origins_of, n11.rates_to_try, n11.units_for, n12.accuracy_of_words]
CHECKS = [*DRAWING, n01.holding_weights, n01.clock_weights, n06.longest_match, n09.looks_one_back, n12.not_moved]
every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@every_check
@pytest.mark.parametrize("stub", [lambda *_: None, lambda *_: ...])
def test_a_stub_is_no_mistake(check, stub, capsys):
    assert verdict_on(stub, check, capsys) == "<lambda>: not attempted yet.\n"


@every_check
@pytest.mark.parametrize("answer", ["two\nlines", object(), torch.zeros(7, 5), np.zeros((7, 5)), 3 + 2j])
def test_another_form_is_named(check, answer, capsys):
    assert verdict_on(lambda *_: answer, check, capsys).startswith("<lambda>: not yet. Return ")


@every_check
def test_an_exception_becomes_one_line(check, capsys):
    def attempt(*_):
        raise ValueError("first\n  second")

    said = verdict_on(attempt, check, capsys)
    assert said.startswith("attempt: your function stopped with ValueError: first second, in line ")


def draws(answer):
    """An attempt that seeds and uses the global generator."""

    def attempt(*_):
        torch.manual_seed(17)
        torch.randn(5)
        return 1 / 0 if answer == "an error" else answer

    return attempt


@pytest.mark.parametrize("check", DRAWING, ids=lambda check: check.__name__)
@pytest.mark.parametrize("answer", [None, torch.eye(32), "an error"], ids=["stub", "wrong", "error"])
def test_a_check_leaves_the_random_numbers_alone(check, answer, capsys):
    torch.randn(3)
    before = torch.get_rng_state()
    check(draws(answer))
    assert torch.equal(torch.get_rng_state(), before)


@every_check
def test_a_check_leaves_the_random_numbers_of_a_gpu_alone(check, monkeypatch, capsys):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    check(lambda *_: None)
    assert not seeds


@every_check
def test_a_check_says_the_same_whatever_the_seed(check, capsys):
    """The notebooks are compared output by output."""
    seen = []

    def attempt(*arguments):
        seen.append(repr(arguments))

    for seed in (1, 2):
        torch.manual_seed(seed)
        check(attempt)
    assert seen[0] == seen[1]


FILES = sorted(Path(course.__file__).parent.glob("n*/*checks.py"))


def calls_judge(check) -> bool:
    asked = [one for one in inspect.signature(check).parameters.values() if one.default is one.empty]
    return len(asked) == 1 and bool({"judge", "_judge_loss"} & {*inspect.unwrap(check).__code__.co_names})


EARLIER = ("mean_so_far", "odd_so_far")  # ask their attempt before they judge it
JUDGING = [
    pytest.param(module, name, id=f"{module.__name__.split('.')[-2][:3]}-{name}")
    for module in (importlib.import_module(f"seqmem_lib.course.{path.parent.name}.{path.stem}") for path in FILES)
    for name, check in vars(module).items()
    if inspect.isfunction(check) and check.__module__ == module.__name__ and calls_judge(check) and name not in EARLIER
]


@pytest.mark.parametrize(("module", "name"), JUDGING)
def test_who_makes_a_known_mistake_is_told_which(module, name, monkeypatch, capsys):
    """And not another one, which gives the same where the answer is first wrong."""
    asked = {}
    monkeypatch.setattr(module, "judge", lambda _, *given, **options: asked.update(given=given, options=options))
    getattr(module, name)(print)
    capsys.readouterr()
    cases, slips, *_ = asked["given"]
    for hint, ways in slips.items():
        for way in ways:
            rights = iter(cases)

            def attempt(*given, way=way, rights=rights):
                """Where it is no mistake, a way may give nothing."""
                answer, (_, _, right) = way(*given), next(rights)
                return right if answer is None else answer

            judge(attempt, *asked["given"], **asked["options"])
            assert capsys.readouterr().out == f"attempt: not yet. Hint: {hint}.\n", inspect.getsource(way)
