import math

import pytest
import torch

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from harness.schedules import Schedule, learning_rate, noise
from methods.base import LearningRates

BASE, VISUAL, EPOCHS, WARMUP = 3.5e-4, 5e-6, 50, 10
PUBLISHED = Schedule()
QUIET = Schedule(noise=False)
GROUPS = {"visual": VISUAL, "weights": BASE, "biases": 2 * BASE, "classifiers": 100 * BASE}


def test_the_defaults_are_the_published_recipe():
    assert (PUBLISHED.epochs, PUBLISHED.warmup_epochs, PUBLISHED.noise) == (EPOCHS, WARMUP, True)
    assert (PUBLISHED.rates.base, PUBLISHED.rates.visual) == (BASE, VISUAL)


@pytest.mark.parametrize("group", GROUPS)
def test_cosine_with_a_shared_warmup_is_that_of_the_release(group):
    """Signal, section 9: warm-up from a tenth of the base rate for all groups; cosine that counts from epoch 0."""
    peak, floor = GROUPS[group], 1e-3 * BASE
    warming = [0.1 * BASE + epoch * (peak - 0.1 * BASE) / WARMUP for epoch in range(1, WARMUP)]
    cosine = [floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * e / EPOCHS)) for e in range(WARMUP, EPOCHS + 1)]
    rates = [learning_rate(QUIET, peak, epoch) for epoch in range(1, EPOCHS + 1)]
    assert rates == pytest.approx(warming + cosine, rel=1e-12)


def test_the_warmup_of_the_image_tower_falls_and_that_of_the_others_rises():
    visual = [learning_rate(QUIET, VISUAL, epoch) for epoch in range(1, WARMUP)]
    weights = [learning_rate(QUIET, BASE, epoch) for epoch in range(1, WARMUP)]
    assert visual[0] == pytest.approx(3.2e-5)
    assert visual == sorted(visual, reverse=True)
    assert weights[0] == pytest.approx(6.65e-5)
    assert weights == sorted(weights)


def test_the_cosine_does_not_start_anew_after_the_warmup():
    assert learning_rate(QUIET, BASE, WARMUP) == pytest.approx(
        1e-3 * BASE + 0.5 * (1 - 1e-3) * BASE * (1 + math.cos(math.pi * 0.2))
    )


def test_every_group_ends_at_the_floor_of_the_base_rate_without_noise():
    for peak in GROUPS.values():
        assert learning_rate(PUBLISHED, peak, EPOCHS) == pytest.approx(3.5e-7, rel=1e-9)


def test_a_group_below_the_floor_stays_where_it_is():
    assert learning_rate(QUIET, 1e-8, EPOCHS) == pytest.approx(1e-8)


def test_noise_multiplies_the_rates_as_in_the_release():
    published = [0.352, 1.059, 1.031, 0.868, 1.576, 1.519, 1.058, 1.462, 1.311, 0.854]
    for epoch, multiplier in enumerate(published, 1):
        assert round(1 + noise(epoch), 3) == multiplier
        for peak in GROUPS.values():
            noisy, quiet = learning_rate(PUBLISHED, peak, epoch), learning_rate(QUIET, peak, epoch)
            assert noisy == pytest.approx(quiet * (1 + noise(epoch)), rel=1e-12)


def test_noise_is_bounded_and_differs_between_epochs():
    drawn = [noise(epoch) for epoch in range(1, 200)]
    assert max(map(abs, drawn)) < 0.67
    assert len(set(drawn)) == len(drawn)


def test_noise_does_not_touch_the_global_generator():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    learning_rate(PUBLISHED, BASE, 3)
    assert torch.equal(torch.rand(3), expected)


def test_steps_fall_at_each_milestone():
    """The releases step their schedulers before an epoch that counts from 1, so that epoch 20 is the first at a tenth."""
    schedule = Schedule(decay="step", milestones=(20, 40), warmup_epochs=0, noise=False)
    for epoch, factor in ((1, 1), (19, 1), (20, 0.1), (39, 0.1), (40, 0.01), (50, 0.01)):
        assert learning_rate(schedule, BASE, epoch) == pytest.approx(BASE * factor)
    halved = schedule.model_copy(update={"gamma": 0.5})
    assert learning_rate(halved, BASE, 45) == pytest.approx(BASE / 4)


def test_constant_rates_stay():
    schedule = Schedule(decay="constant", warmup_epochs=0, noise=False)
    assert {learning_rate(schedule, VISUAL, epoch) for epoch in range(1, 51)} == {VISUAL}


def test_a_proportional_warmup_rises_in_every_group():
    schedule = Schedule(warmup="proportional", warmup_epochs=4, warmup_factor=0.2, decay="constant", noise=False)
    for peak in GROUPS.values():
        rates = [learning_rate(schedule, peak, epoch) / peak for epoch in range(1, 6)]
        assert rates == pytest.approx([0.4, 0.6, 0.8, 1, 1])


def test_a_floor_and_a_base_rate_of_ones_own_count():
    schedule = Schedule(rates=LearningRates(base=1e-2), floor_factor=0.1, noise=False, epochs=20, warmup_epochs=2)
    assert learning_rate(schedule, 5e-3, 20) == pytest.approx(1e-3)
    assert learning_rate(schedule, 5e-3, 1) == pytest.approx((1e-3 + 5e-3) / 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"warmup_epochs": 50}, "warmup_epochs 50 must be fewer than epochs 50"),
        ({"epochs": 3}, "warmup_epochs 10 must be fewer than epochs 3"),
        ({"epochs": 0}, "epochs: .* greater than or equal to 1 .received 0."),
        ({"optimizer": "adm"}, "optimizer: .* did you mean 'adam'"),
        ({"decay": "cosin"}, "decay: .* did you mean 'cosine'"),
        ({"rates": {"base": 0}}, "rates.base: .* greater than 0"),
        ({"rates": {"bsae": 1}}, "unknown key 'rates.bsae'; did you mean 'rates.base'"),
        ({"precision": "fp61"}, "precision: .* did you mean 'fp16'"),
        ({"gamma": 0}, "gamma: .* greater than 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        parse(Schedule, values, "schedule")


def test_the_last_epoch_of_the_warmup_may_be_the_one_before_the_last():
    assert Schedule(epochs=2, warmup_epochs=1).warmup_epochs == 1
