# The same rows without the habits of public training code: configs/recipes/clean.py says which, and why.
_base_ = ["rgbnt201.py"]

title = "Baseline, Signal and NEXT on RGBNT201, clean recipes"
recipe = "clean"
