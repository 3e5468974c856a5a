# TOP-ReID's ablation tables: modules with either supervision of the ViTs, modalities, backbones (T2T-ViT-24 is not here). The
# paper has modules and modalities on RGBNT100 as well (--set 'benchmarks=["rgbnt100"]'), whose recipe is BL: hence the heads of
# each row.
#   harness run ablation_topreid --data-root DIR --device cuda
# A weight file given by --set method.backbone.weights=PATH is for every row; leave out that of the other ViT then: --only.
title = "TOP-ReID: modules, modalities and backbones on RGBNT201"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
reference = "TPM + CRM, AL"
_al, _bl = {"method.direct": True}, {"method.direct": False}
runs = [
    dict(method="topreid", variant="baseline", label="baseline, AL", columns={"heads": "AL", "TPM": "", "CRM": ""}, set=_al),
    dict(method="topreid", variant="tpm", label="TPM, AL", columns={"heads": "AL", "TPM": "✓", "CRM": ""}, set=_al),
    dict(method="topreid", variant="al", label="TPM + CRM, AL", columns={"heads": "AL", "TPM": "✓", "CRM": "✓"}, set=_al),
    dict(method="topreid", variant="baseline_bl", label="baseline, BL", columns={"heads": "BL", "TPM": "", "CRM": ""}, set=_bl),
    dict(method="topreid", variant="tpm_bl", label="TPM, BL", columns={"heads": "BL", "TPM": "✓", "CRM": ""}, set=_bl),
    dict(method="topreid", variant="bl", label="TPM + CRM, BL", columns={"heads": "BL", "TPM": "✓", "CRM": "✓"}, set=_bl),
    dict(
        method="topreid",
        variant="rgb",
        label="RGB",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "RGB"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="nir",
        label="NIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "NIR"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="tir",
        label="TIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "TIR"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="nir_tir",
        label="NIR + TIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "NIR, TIR"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="rgb_nir",
        label="RGB + NIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "RGB, NIR"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="rgb_tir",
        label="RGB + TIR",
        columns={"heads": "AL", "TPM": "", "CRM": "", "modalities": "RGB, TIR"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="deit_s",
        label="DeiT-S",
        columns={"heads": "AL", "TPM": "✓", "CRM": "✓", "backbone": "DeiT-S"},
        set=_al,
    ),
    dict(
        method="topreid",
        variant="shared",
        label="one ViT for all",
        columns={"heads": "AL", "TPM": "✓", "CRM": "✓", "backbone": "one ViT-B"},
        set=_al,
    ),
]
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
