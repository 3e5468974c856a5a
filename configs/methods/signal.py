# Signal. The default is its RGBNT201 recipe; the other recipes differ in heads, selection and loss weights.
variants = {
    "rgbnt100": {
        "direct": False,
        "sim.keep_ratio": 0.875,
        "alignment.gam_weight": 0.1,
        "alignment.lam_weight": 0.1,
    },
    "msvr310": {
        "direct": False,
        "sim.keep_ratio": 0.5,
        "alignment.lam_weight": 0.01,
    },
    "no_modules": {"sim.enabled": False, "alignment.gam": False, "alignment.lam": False},
    "sim": {"alignment.gam": False, "alignment.lam": False},
    "sim_gam": {"alignment.lam": False},
}
