# DeMo's modules one by one, in the form of the ablation of its paper. What differs between its rows D and E is a reading: see
# configs/methods/demo.py. On the embedded benchmark:
#   harness run ablation_demo --set benchmarks='["synthetic_person"]' --set method.backbone.architecture=small
#     --set method.backbone.weights=shipped
_base_ = ["rgbnt201.py"]

title = "Modules of DeMo on RGBNT201 (in the form of its ablation)"
table = "ablation"
runs = [
    dict(
        method="demo",
        variant="no_modules",
        label="A",
        columns={"PIFE": "", "HDM": "", "ATMoE": "", "tested on": "class tokens"},
    ),
    dict(method="demo", variant="pife", label="B", columns={"PIFE": "✓", "HDM": "", "ATMoE": "", "tested on": "PIFE"}),
    dict(method="demo", variant="pife_hdm", label="C", columns={"PIFE": "✓", "HDM": "✓", "ATMoE": "", "tested on": "HDM"}),
    dict(
        method="demo",
        variant="decoupled_feature",
        label="D",
        columns={"PIFE": "✓", "HDM": "✓", "ATMoE": "✓", "tested on": "ATMoE"},
    ),
    dict(method="demo", label="E", columns={"PIFE": "✓", "HDM": "✓", "ATMoE": "✓", "tested on": "PIFE, ATMoE"}),
]
