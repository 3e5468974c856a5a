"""Every compared method at its published size on each benchmark, with the settings that its shipped recipe gives it there."""

from dataclasses import replace

import pytest
import torch

from benchmarks.base import BENCHMARKS
from harness.inspection import profile_methods
from harness.recipes import recipe_sections
from harness.reference import read_references
from harness.suite import benchmark_settings, method_settings
from methods.base import METHODS

TRAINABLE = {
    # RGBNT201, RGBNT100, MSVR310; parameters that one more identity adds on RGBNT201
    "demo": (98_792_960, 97_947_136, 98_484_736, 5_120),
    "idea": (91_673_601, 90_932_737, 91_577_857, 6_144),
    "topreid": (324_519_096, 323_691_960, 324_417_720, 6_912),
    "editor": (119_315_176, 118_547_944, 118_870_504, 5_376),
    "mambapro": (74_794_496, 74_363_904, 74_740_224, 3_584),
    "icpl": (45_417_984, 44_209_920, 15_086_080, 9_984),
    "promptma": (107_942_400, 128_834_304, 129_156_864, 3_072),
    "signal": (91_166_209, 90_797_569, 91_120_129, 3_072),
    # One copy for each modality, of which the release's own figures are those of one
    "transreid": (3 * 101_357_800, 3 * 100_896_232, 3 * 101_299_432, 3 * 5 * 768),
}
ROWS = ("rgbnt201", "rgbnt100", "msvr310")


def trainable(method, benchmark, identities=0):
    """Trainable parameters by the shipped recipe; nothing is allocated."""
    sections = recipe_sections("published", method, benchmark, "here")
    facts = BENCHMARKS.get(benchmark).facts(benchmark_settings(benchmark, sections["benchmark"], "here"))
    spec = replace(facts.spec, identities=facts.identities + identities)
    settings = method_settings(method, "default", {**sections["method"], "backbone": {"weights": "random"}}, "here")
    with torch.device("meta"):
        built = METHODS.get(method)(settings, spec)
    return sum(parameter.numel() for parameter in built.parameters() if parameter.requires_grad)


@pytest.mark.parametrize("benchmark", ROWS)
@pytest.mark.parametrize("method", TRAINABLE)
def test_trainable_parameters_are_the_published_ones(method, benchmark):
    assert trainable(method, benchmark) == TRAINABLE[method][ROWS.index(benchmark)]


@pytest.mark.parametrize("method", TRAINABLE)
def test_an_identity_more_adds_its_classifiers_and_prompts(method):
    assert trainable(method, "rgbnt201", identities=1) - trainable(method, "rgbnt201") == TRAINABLE[method][-1]


def test_the_reference_figures_of_sizes_are_these():
    counted = {
        (each.method, each.benchmark): each.expected
        for each in read_references("published")
        if each.metric == "params_M" and each.source.endswith("(counted)") and each.variant == "default"
    }
    assert len(counted) >= 3 * 7
    for (method, benchmark), millions in counted.items():
        assert round(1e6 * millions) == TRAINABLE[method][ROWS.index(benchmark)], (method, benchmark)


def test_profile_sizes_a_method_as_its_recipe_has_it(tmp_path):
    recipe = tmp_path / "mine.py"
    recipe.write_text(
        'method = dict(backbone=dict(architecture="small"), atmoe=dict(heads=8))\nbenchmark = dict(image_size=(64, 32))\n'
    )
    small = {"method.backbone.architecture": "small", "benchmark.image_size": [64, 32]}
    by_recipe = profile_methods(["demo:default"], "rgbnt100", {}, None, recipe=str(recipe))
    assert by_recipe == profile_methods(["demo:default"], "rgbnt100", {**small, "method.atmoe.heads": 8}, None)
    four = profile_methods(["demo:default"], "rgbnt100", small, None)
    assert four[0]["parameters"]["trainable"] > by_recipe[0]["parameters"]["trainable"]
    assert four == profile_methods(["demo:default"], "rgbnt100", {"method.atmoe.heads": 4}, None, recipe=str(recipe))
