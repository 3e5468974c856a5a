# ICPL-ReID. The default is its RGBNT201 recipe. Its ablation table was not at hand: the variants leave out one part after
# another. `clip` is what is left without any: the last norm, the projection and the heads.
_no_adapters = {"adapters.enabled": False}
_no_prompts = {"prompts.enabled": False}
_no_prototypes = {"prototypes.enabled": False}

variants = {
    "clip": {**_no_adapters, **_no_prompts, **_no_prototypes},
    "adapters": {**_no_prompts, **_no_prototypes},
    "adapters_prototypes": _no_prompts,
    "adapters_prompts": _no_prototypes,
    "prompts": _no_adapters,
    "no_swap": {"stages.swap_after": None},
    "shared": {"shared": True},
    # What the release tests as well
    "after_neck": {"feature": "after_neck"},
}
