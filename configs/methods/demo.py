# DeMo. The default is the full model on RGBNT201; what it changes on other benchmarks (heads) is in
# configs/recipes/published/demo.
_no_experts = {"atmoe.enabled": False}

variants = {
    # Rows A to D of the ablation; the default is row E. Rows D and E have the same modules, parameters and cost, and the table
    # does not say what differs. Read here: rows C and D are tested on the decoupled features alone, row E on all.
    "no_modules": {"pife": False, "hdm.enabled": False, **_no_experts},
    "pife": {"hdm.enabled": False, **_no_experts},
    "pife_hdm": {"feature": "decoupled", **_no_experts},
    "decoupled_feature": {"feature": "decoupled"},
    # The third test pattern of the release: trained as row E, tested on PIFE's features alone
    "original_feature": {"feature": "original"},
}
