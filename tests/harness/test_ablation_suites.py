"""The ablation suites of the compared methods: the rows of their papers' tables, each of them another run."""

import pytest

from harness.suite import load_suite, plans

ROWS = {
    # suite: benchmarks of the paper's table, and its rows (IDEA's and ICPL-ReID's tables were not at hand: rows of our own)
    "ablation_demo": (["rgbnt201"], ["A", "B", "C", "D", "E"]),
    "ablation_editor": (["rgbnt201", "rgbnt100"], ["A", "B", "C", "D", "E", "F", "F, AL"]),
    "ablation_icpl": (["rgbnt201"], [*(f"({letter})" for letter in "abcdefg"), "(g), one model"]),
    "ablation_mambapro": (["rgbnt201"], ["A", "B", "C", "D", "E", "F", "G"]),
    "ablation_topreid": (
        ["rgbnt201", "rgbnt100"],
        [
            *(f"{modules}, {heads}" for heads in ("AL", "BL") for modules in ("baseline", "TPM", "TPM + CRM")),
            *("RGB", "NIR", "TIR", "NIR + TIR", "RGB + NIR", "RGB + TIR", "DeiT-S", "one ViT for all"),
        ],
    ),
    "ablation_transreid": (
        ["rgbnt201"],
        ["Baseline", "+SIE", "+JPM", "TransReID", "TransReID*", "without the jigsaw"],
    ),
    "ablation_transreid_training": (
        ["rgbnt201"],
        [
            *("Baseline", "Adam", "AdamW", "positions", "stochastic depth", "dropout", "attention dropout"),
            *("margin", "smoothing"),
        ],
    ),
}


@pytest.mark.parametrize(("suite", "benchmark"), [(suite, name) for suite, (names, _) in ROWS.items() for name in names])
def test_rows_are_those_of_the_table_and_no_two_are_the_same_run(suite, benchmark):
    planned = plans(*load_suite(suite, {"benchmarks": [benchmark], "seeds": [1]}))
    assert [plan.label for plan in planned] == ROWS[suite][1]
    assert {plan.benchmark for plan in planned} == {benchmark}
    settings = [plan.resolved() for plan in planned]
    for one in settings:
        one["method"].pop("variant")
    assert not [one for place, one in enumerate(settings) if one in settings[:place]]


@pytest.mark.parametrize("benchmark", ["rgbnt201", "rgbnt100"])
def test_heads_are_those_that_a_row_names_whatever_the_recipe_has(benchmark):
    for plan in plans(*load_suite("ablation_topreid", {"benchmarks": [benchmark], "seeds": [1]})):
        assert plan.method_settings.direct == (plan.columns["heads"] == "AL"), plan.label
