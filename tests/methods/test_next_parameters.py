"""The parameters of NEXT: groups, what is watched, and counts against closed formulas and the published sizes."""

import pytest
import torch

from benchmarks.batch import BatchSpec
from methods.base import LearningRates
from methods.next import Next, NextSettings

D, M = 48, 3


def test_watched_parameters_are_routers_and_modulation(small):
    watched = {name: list(values) for name, values in small.build("next").watched_parameters().items()}
    assert {name: len(values) for name, values in watched.items()} == {
        "tmse.router": 4,
        "tmse.modulation": 4,
        "csse.router": 4,
    }
    assert set(small.build("next", tmse={"enabled": False}).watched_parameters()) == {"csse.router"}


def test_parameter_groups_leave_out_the_text_tower(small):
    model = small.build("next")
    groups = model.parameter_groups(LearningRates())
    counted = [id(parameter) for group in groups for parameter in group["params"]]
    assert len(counted) == len(set(counted))
    assert set(counted) == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}
    frozen = {id(parameter) for parameter in model.text.parameters()}
    assert frozen
    assert not frozen & set(counted)
    visual = next(group for group in groups if group["name"] == "visual")
    assert {id(parameter) for parameter in visual["params"]} == {id(p) for p in model.branches.tower.parameters()}
    assert any(parameter is model.branches.camera for group in groups[1:] for parameter in group["params"])


def linear(inputs, outputs):
    return inputs * outputs + outputs


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tmse": {"router_scope": "share"}, "csse": {"router_scope": "multi"}},
        {"tmse": {"sigma_shared": False, "experts": 2, "hidden_ratio": 1.5}},
        {"tmse": {"modulation_scope": "expert_modality"}, "csse": {"router": "mlp", "experts": 4}},
        {"tmse": {"modulation_scope": "all"}, "csse": {"router": "fc", "hidden_ratio": 1.5}},
        {"mgfa": {"pre_norm": True, "ffn_ratio": 1.0}, "auxiliary_head": True},
    ],
    ids=str,
)
def test_parameters_are_those_of_the_closed_formulas(small, settings):
    model = small.build("next", **settings)
    tmse, csse, mgfa = model.config.tmse, model.config.csse, model.config.mgfa
    router = linear(D, D) + linear(D, 1)
    routers = tmse.experts * (M if tmse.router_scope == "multi" else 1) * (1 if tmse.sigma_shared else 2)
    modulators = {"expert": tmse.experts, "expert_modality": tmse.experts * M, "all": 1}[tmse.modulation_scope]
    hidden = round(tmse.hidden_ratio * D)
    experts = tmse.experts * (2 * D + linear(D, hidden) + linear(hidden, D))
    assert small.trainable(model.tmse) == routers * router + modulators * (linear(2, D // 2) + linear(D // 2, 1)) + experts
    E = csse.experts
    gate = {"mlp_per_expert": E * router, "mlp": linear(D, E * D) + linear(E * D, E), "fc": linear(D, E)}[csse.router]
    hidden = round(csse.hidden_ratio * D)
    experts = E * (2 * D + linear(D, hidden) + linear(hidden, D))
    assert small.trainable(model.csse) == gate * (M if csse.router_scope == "multi" else 1) + experts
    hidden = round(mgfa.ffn_ratio * D)
    norms = 2 * D * (2 if mgfa.pre_norm else 1)
    assert small.trainable(model.mgfa) == 4 * linear(D, D) + norms + linear(D, hidden) + linear(hidden, D)
    head = M * D * (1 + small.SPEC.identities) * (2 if model.config.auxiliary_head else 1)
    parts = sum(small.trainable(part) for part in (model.branches, model.tmse, model.csse, model.mgfa))
    assert small.trainable(model) == parts + head


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({}, 94_828_559),
        ({"csse": {"enabled": False}}, 92_460_044),
        ({"csse": {"enabled": False}, "tmse": {"enabled": False}}, 88_509_440),
        ({"tmse": {"sampling": "topk"}}, 94_828_559),
        ({"tmse": {"sampling": "fixed"}}, 94_828_559),
        ({"tmse": {"sampling": "all_bypass"}}, 94_828_559),
        ({"text": {"in_training": False, "at_test": False}}, 94_828_559),
        # Another 9 networks for the thresholds are the 2.37 M that the published size excludes.
        ({"tmse": {"sigma_shared": False}}, 94_828_559 + 9 * 263_169),
    ],
    ids=str,
)
def test_published_parameters_on_rgbnt201(small, settings, parameters):
    assert small.full_size("next", **settings) == parameters


def test_the_text_tower_is_there_and_frozen_at_full_size(small):
    settings = NextSettings.model_validate({"backbone": {"weights": "random"}})
    with torch.device("meta"):
        model = Next(settings, BatchSpec(171, 4, (256, 128)))
    assert sum(parameter.numel() for parameter in model.text.parameters()) == 63_428_096
    assert model.patches == 128
