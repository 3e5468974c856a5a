"""The contract of a method (methods/base.py)."""

import pytest
import torch
from torch import nn

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from methods.base import METHODS, LearningRates, Method, MethodSettings, split_groups


class Toy(nn.Module):
    """One parameter of each kind."""

    def __init__(self):
        super().__init__()
        self.tower = nn.Linear(2, 3)
        self.body = nn.Linear(3, 4)
        self.frozen = nn.Linear(3, 3).requires_grad_(False)
        self.scale = nn.Parameter(torch.ones(1))
        self.prompts = nn.Embedding(2, 3)
        self.neck = nn.BatchNorm1d(4)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(4, 5, bias=False)


RATES = LearningRates(base=0.1, visual=0.01, bias_factor=3, classifier_factor=7, weight_decay=0.5)


def grouped(module, rates=RATES):
    return {group["name"]: group for group in split_groups(module.named_parameters(), rates, visual=module.tower.parameters())}


def test_each_trainable_parameter_is_in_the_group_of_its_kind():
    toy = Toy()
    names = {id(parameter): name for name, parameter in toy.named_parameters()}
    groups = {name: [names[id(parameter)] for parameter in group["params"]] for name, group in grouped(toy).items()}
    assert groups == {
        "visual": ["tower.weight", "tower.bias"],
        "weights": ["scale", "body.weight", "neck.weight"],
        "biases": ["body.bias"],
        "prompts": ["prompts.weight"],
        "classifiers": ["classifier.weight"],
    }


def test_an_image_tower_without_a_rate_of_its_own_learns_as_the_rest():
    toy = Toy()
    names = {id(parameter): name for name, parameter in toy.named_parameters()}
    groups = grouped(toy, RATES.model_copy(update={"visual": None}))
    own = {name: [names[id(parameter)] for parameter in group["params"]] for name, group in groups.items()}
    assert own["weights"] == ["scale", "tower.weight", "body.weight", "neck.weight"]
    assert own["biases"] == ["tower.bias", "body.bias"]
    assert "visual" not in own
    assert (groups["weights"]["lr"], groups["biases"]["lr"]) == pytest.approx((0.1, 0.3))


def test_prompts_may_have_a_rate_and_a_decay_of_their_own():
    groups = grouped(Toy(), RATES.model_copy(update={"prompts": 0.02, "prompt_weight_decay": 0.0}))
    assert (groups["prompts"]["lr"], groups["prompts"]["weight_decay"]) == (0.02, 0.0)
    assert {group["weight_decay"] for name, group in groups.items() if name != "prompts"} == {0.5}


def test_rates_and_decay_are_those_that_are_set():
    groups = grouped(Toy())
    assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(
        {"visual": 0.01, "weights": 0.1, "biases": 0.3, "prompts": 0.1, "classifiers": 0.7}
    )
    assert {group["weight_decay"] for group in groups.values()} == {0.5}


def test_published_rates_are_the_defaults():
    groups = grouped(Toy(), LearningRates())
    assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(
        {"visual": 5e-6, "weights": 3.5e-4, "biases": 7e-4, "prompts": 3.5e-4, "classifiers": 3.5e-4}
    )
    assert {group["weight_decay"] for group in groups.values()} == {1e-4}


def test_groups_without_parameters_are_left_out():
    toy = Toy()
    toy.tower.requires_grad_(False)
    toy.classifier.requires_grad_(False)
    assert list(grouped(toy)) == ["weights", "biases", "prompts"]


def test_groups_are_what_an_optimiser_takes():
    optimiser = torch.optim.Adam(list(grouped(Toy()).values()))
    assert [group["lr"] for group in optimiser.param_groups] == pytest.approx([0.01, 0.1, 0.3, 0.1, 0.7])


@pytest.mark.parametrize(
    "wrong", [{"base": 0}, {"visual": -1}, {"prompts": -1}, {"weight_decay": -1}, {"prompt_weight_decay": -1}, {"vsual": 1}]
)
def test_rates_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match="visual" if "vsual" in wrong else next(iter(wrong))):
        parse(LearningRates, wrong, "config.py")


def test_the_registry_fills_itself():
    assert {"baseline", "next", "signal"} <= set(METHODS.names())
    assert METHODS.get("next").__name__ == "Next"


def test_a_method_of_the_user_is_found(monkeypatch):
    monkeypatch.setattr(METHODS, "_entries", dict(METHODS._entries))

    @METHODS.register("mine")
    class Mine(Method):
        Config = MethodSettings

    assert METHODS.get("mine") is Mine
    assert "mine" in METHODS.names()
    assert "next" in METHODS.names()


@pytest.mark.parametrize(
    ("name", "answer"), [("nxt", "did you mean 'next'"), ("Signl", "'signal'"), ("zzzz", "baseline, .*next")]
)
def test_an_unknown_method_is_answered_with_the_closest(name, answer):
    with pytest.raises(InputError, match=answer) as error:
        METHODS.get(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["baseline", "next", "signal"])
def test_every_method_keeps_the_contract(name, small):
    settings = {"alignment": {"lam_stride": 1}} if name == "signal" else {}
    model = small.build(name, **settings)
    assert issubclass(model.Config, MethodSettings)
    assert model.Config() == parse(model.Config, {}, "defaults")
    batch = small.batch()
    losses = model.losses(batch)
    assert all(value.shape == () and value.requires_grad for value in losses.values())
    assert model.test_feature
    model.eval()
    with torch.no_grad():
        first, again = model.embed(batch), model.embed(batch)
    assert first.shape[0] == len(batch)
    assert torch.equal(first, again)


def test_a_method_must_say_how_it_learns_and_embeds():
    class Unfinished(Method):
        Config = MethodSettings

    with pytest.raises(TypeError, match="abstract"):
        Unfinished(MethodSettings(), BatchSpec(1, 1, (8, 8)))


def test_without_text_by_default():
    assert not MethodSettings().needs_text
    Method.check(MethodSettings(), BatchSpec(1, 1, (8, 8)))
