# The same rows without the habits of public training code: configs/recipes/clean.py says which, and why.
_base_ = ["market_mm.py"]

title = "Baseline, Signal and NEXT on Market-MM, clean recipes"
recipe = "clean"
