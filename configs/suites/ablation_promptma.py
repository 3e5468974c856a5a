# Parts of PromptMA one by one on RGBNT201, whose patches PBTS takes, and the number of blocks with prompts (P; PBMF has the
# rest of the 12). The paper's own tables were not at hand, so the rows are this project's. On the embedded benchmark, where
# 3, 6 and 9 of 12 are 1, 2 and 2 of 3 blocks:
#   harness run ablation_promptma --set benchmarks='["synthetic_person"]' --set method.backbone.architecture=small
#     --set method.backbone.weights=shipped --set benchmark.image_size=[64,32]
title = "Parts of PromptMA on RGBNT201"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
_full = {"Prompts": "✓", "Exchange": "✓", "PBTS": "both", "PBMF": "✓", "P": "9"}
runs = [
    dict(
        method="promptma", variant="clip", label="(a)", columns={"Prompts": "", "Exchange": "", "PBTS": "", "PBMF": "", "P": ""}
    ),
    dict(method="promptma", variant="kept_prompts", label="(b)", columns={**_full, "Exchange": "", "PBTS": "", "PBMF": ""}),
    dict(method="promptma", variant="prompts", label="(c)", columns={**_full, "PBTS": "", "PBMF": ""}),
    dict(method="promptma", variant="no_pbts", label="(d)", columns={**_full, "PBTS": ""}),
    dict(method="promptma", variant="no_exchange", label="(e)", columns={**_full, "Exchange": ""}),
    dict(method="promptma", label="(f)", columns=_full),
    dict(method="promptma", variant="class_rows", label="(f), class token", columns={**_full, "PBTS": "class token"}),
    dict(method="promptma", variant="prompt_rows", label="(f), prompts", columns={**_full, "PBTS": "prompts"}),
    dict(method="promptma", label="(f), P = 3", columns={**_full, "P": "3"}, set={"method.prompts.depth": 3 / 12}),
    dict(method="promptma", label="(f), P = 6", columns={**_full, "P": "6"}, set={"method.prompts.depth": 6 / 12}),
]
reference = "(f)"
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
