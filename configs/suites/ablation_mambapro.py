# The rows of MambaPro's ablation on RGBNT201. The paper prints (mAP / R1): A 3.3 / 2.8, B 69.4 / 71.5, C 73.2 / 76.4,
# D 71.3 / 74.5, E 74.4 / 77.6, F 78.9 / 83.4, G 78.7 / 83.5. A tower that is tuned learns at
# 5e-6, as the recipe has it.
#   harness run ablation_mambapro --data-root DIR --device cuda --set method.backbone.weights=open_clip_model.safetensors
title = "Modules of MambaPro on RGBNT201"
table = "ablation"
reference = "F"
benchmarks = ["rgbnt201"]
recipe = "published"
runs = [
    dict(method="mambapro", variant="frozen_clip", label="A", columns={"CLIP": "frozen", "PFA": "", "SRP": "", "MA": ""}),
    dict(
        method="mambapro",
        variant="tuned_clip",
        label="B",
        columns={"CLIP": "tuned", "PFA": "", "SRP": "", "MA": ""},
    ),
    dict(method="mambapro", variant="pfa", label="C", columns={"CLIP": "frozen", "PFA": "✓", "SRP": "", "MA": ""}),
    dict(method="mambapro", variant="srp", label="D", columns={"CLIP": "frozen", "PFA": "", "SRP": "✓", "MA": ""}),
    dict(method="mambapro", variant="pfa_srp", label="E", columns={"CLIP": "frozen", "PFA": "✓", "SRP": "✓", "MA": ""}),
    dict(method="mambapro", label="F", columns={"CLIP": "frozen", "PFA": "✓", "SRP": "✓", "MA": "✓"}),
    dict(
        method="mambapro",
        variant="tuned",
        label="G",
        columns={"CLIP": "tuned", "PFA": "✓", "SRP": "✓", "MA": "✓"},
    ),
]
seeds = [1111]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
