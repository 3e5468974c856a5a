# The modules of EDITOR one by one, as in its paper's ablation, whose rows all classify the class tokens of each modality apart
# (BL). The last row takes them side by side, as the release does on RGBNT201 (AL). A trial without a data set:
#   harness run ablation_editor --seeds 1 --set 'benchmarks=["synthetic_person"]' --set method.backbone.architecture=small \
#       --set method.backbone.weights=shipped --set schedule.epochs=2 --set schedule.warmup_epochs=0
title = "Modules of EDITOR on RGBNT201 (its paper's ablation)"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
runs = [
    dict(method="editor", variant="no_modules", label="A", columns={"SFTS": "", "HMA": "", "BCC": "", "OCFR": ""}),
    dict(method="editor", variant="hma", label="B", columns={"SFTS": "", "HMA": "✓", "BCC": "", "OCFR": ""}),
    dict(method="editor", variant="sfts_hma", label="C", columns={"SFTS": "✓", "HMA": "✓", "BCC": "", "OCFR": ""}),
    dict(method="editor", variant="no_ocfr", label="D", columns={"SFTS": "✓", "HMA": "✓", "BCC": "✓", "OCFR": ""}),
    dict(method="editor", variant="no_bcc", label="E", columns={"SFTS": "✓", "HMA": "✓", "BCC": "", "OCFR": "✓"}),
    dict(method="editor", variant="separate", label="F", columns={"SFTS": "✓", "HMA": "✓", "BCC": "✓", "OCFR": "✓"}),
    dict(
        method="editor",
        variant="al",
        label="F, AL",
        columns={"SFTS": "✓", "HMA": "✓", "BCC": "✓", "OCFR": "✓"},
        set={"method.direct": True},
    ),
]
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
