# TOP-ReID's ablation tables: modules with either supervision of the ViTs, modalities, backbones (T2T-ViT-24 is not here).
#   harness run ablation_topreid --data-root DIR --device cuda
# A weight file given by --set method.backbone.weights=PATH is for every row; leave out that of the other ViT then: --only.
title = "TOP-ReID: modules, modalities and backbones on RGBNT201"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
reference = "TPM + CRM, AL"
runs = [
    dict(method="topreid", variant="baseline", label="baseline, AL", columns={"heads": "AL", "TPM": "", "CRM": ""}),
    dict(method="topreid", variant="tpm", label="TPM, AL", columns={"heads": "AL", "TPM": "✓", "CRM": ""}),
    dict(method="topreid", label="TPM + CRM, AL", columns={"heads": "AL", "TPM": "✓", "CRM": "✓"}),
    dict(method="topreid", variant="baseline_bl", label="baseline, BL", columns={"heads": "BL", "TPM": "", "CRM": ""}),
    dict(method="topreid", variant="tpm_bl", label="TPM, BL", columns={"heads": "BL", "TPM": "✓", "CRM": ""}),
    dict(method="topreid", variant="bl", label="TPM + CRM, BL", columns={"heads": "BL", "TPM": "✓", "CRM": "✓"}),
    dict(method="topreid", variant="rgb", label="RGB", columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "RGB"}),
    dict(method="topreid", variant="nir", label="NIR", columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "NIR"}),
    dict(method="topreid", variant="tir", label="TIR", columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "TIR"}),
    dict(
        method="topreid",
        variant="nir_tir",
        label="NIR + TIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "NIR, TIR"},
    ),
    dict(
        method="topreid",
        variant="rgb_nir",
        label="RGB + NIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "RGB, NIR"},
    ),
    dict(
        method="topreid",
        variant="rgb_tir",
        label="RGB + TIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "RGB, TIR"},
    ),
    dict(
        method="topreid",
        variant="deit_s",
        label="DeiT-S",
        columns={"heads": "AL", "TPM": "✓", "CRM": "✓", "backbone": "DeiT-S"},
    ),
    dict(
        method="topreid",
        variant="shared",
        label="one ViT for all",
        columns={"heads": "AL", "TPM": "✓", "CRM": "✓", "backbone": "one ViT-B"},
    ),
]
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
