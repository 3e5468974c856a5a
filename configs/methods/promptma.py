# PromptMA. The default is its RGBNT201 recipe; P is 6 on RGBNT100 and MSVR310 (configs/recipes/published/promptma). Its
# ablation table was not at hand: the variants leave out one part after another. `clip` is what is left without any: the tower
# and a head for the class token of each modality.
_no_pbts = {"pbts.enabled": False}
_no_fusion = {"pbmf.enabled": False, **_no_pbts}
_no_exchange = {"prompts.exchange": False}

variants = {
    "clip": {"prompts.enabled": False, **_no_fusion},
    "kept_prompts": {**_no_exchange, **_no_fusion},
    "prompts": _no_fusion,
    "no_pbts": _no_pbts,
    "no_exchange": _no_exchange,
    # Of the two rows of the rollout by which PBTS selects, one alone (the release's `inner` and `cross`)
    "class_rows": {"pbts.rows": "class"},
    "prompt_rows": {"pbts.rows": "prompts"},
}
