# TransReID's modules on RGBNT201, three modalities as one model each; TransReID* has overlapping patches. The paper's own
# figures are of single-modal benchmarks.
title = "Modules of TransReID on RGBNT201"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
runs = [
    dict(method="transreid", variant="baseline", label="Baseline", columns={"SIE": "", "JPM": "", "overlap": ""}),
    dict(method="transreid", variant="sie", label="+SIE", columns={"SIE": "✓", "JPM": "", "overlap": ""}),
    dict(method="transreid", variant="jpm", label="+JPM", columns={"SIE": "", "JPM": "✓", "overlap": ""}),
    dict(method="transreid", label="TransReID", columns={"SIE": "✓", "JPM": "✓", "overlap": ""}),
    dict(method="transreid", variant="overlap", label="TransReID*", columns={"SIE": "✓", "JPM": "✓", "overlap": "✓"}),
    dict(
        method="transreid",
        variant="no_rearrange",
        label="without the jigsaw",
        columns={"SIE": "✓", "JPM": "patches in order", "overlap": ""},
    ),
]
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
