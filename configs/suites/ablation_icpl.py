# Parts of ICPL-ReID one by one on RGBNT201. The paper's own table of parts was not at hand, so the rows are this project's.
#   harness run ablation_icpl --data-root DIR --device cuda --set method.backbone.weights=open_clip_model.safetensors
title = "Parts of ICPL-ReID on RGBNT201"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
runs = [
    dict(method="icpl", variant="clip", label="(a)", columns={"Adapters": "", "Prototypes": "", "Prompts": "", "Swap": ""}),
    dict(
        method="icpl", variant="adapters", label="(b)", columns={"Adapters": "✓", "Prototypes": "", "Prompts": "", "Swap": ""}
    ),
    dict(
        method="icpl",
        variant="adapters_prototypes",
        label="(c)",
        columns={"Adapters": "✓", "Prototypes": "✓", "Prompts": "", "Swap": "✓"},
    ),
    dict(
        method="icpl",
        variant="adapters_prompts",
        label="(d)",
        columns={"Adapters": "✓", "Prototypes": "", "Prompts": "✓", "Swap": "✓"},
    ),
    dict(
        method="icpl", variant="prompts", label="(e)", columns={"Adapters": "", "Prototypes": "✓", "Prompts": "✓", "Swap": "✓"}
    ),
    dict(
        method="icpl", variant="no_swap", label="(f)", columns={"Adapters": "✓", "Prototypes": "✓", "Prompts": "✓", "Swap": ""}
    ),
    dict(method="icpl", label="(g)", columns={"Adapters": "✓", "Prototypes": "✓", "Prompts": "✓", "Swap": "✓"}),
    dict(
        method="icpl",
        variant="shared",
        label="(g), one model",
        columns={"Adapters": "✓", "Prototypes": "✓", "Prompts": "✓", "Swap": "✓"},
    ),
]
reference = "(g)"
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
