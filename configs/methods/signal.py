# Signal. The default is its RGBNT201 recipe; what it changes on other benchmarks (heads, selection, loss weights) is in
# configs/recipes/published/signal.
variants = {
    "no_modules": {"sim.enabled": False, "alignment.gam": False, "alignment.lam": False},
    "sim": {"alignment.gam": False, "alignment.lam": False},
    "sim_gam": {"alignment.lam": False},
}
