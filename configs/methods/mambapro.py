# MambaPro. The default is the full model (row F of its RGBNT201 ablation); each variant is another row of it. The prompts'
# length and depth, the adapters' depth and the number of Mamba layers, which its figures vary, are settings
# (configs/suites/ablation_mambapro_figures.py).
_no_pfa, _no_srp, _no_ma = {"pfa.enabled": False}, {"srp.enabled": False}, {"ma.enabled": False}

variants = {
    "frozen_clip": {**_no_pfa, **_no_srp, **_no_ma},
    "tuned_clip": {"frozen": False, **_no_pfa, **_no_srp, **_no_ma},
    "pfa": {**_no_srp, **_no_ma},
    "srp": {**_no_pfa, **_no_ma},
    "pfa_srp": _no_ma,
    "tuned": {"frozen": False},
}
