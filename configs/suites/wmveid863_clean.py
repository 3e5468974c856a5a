# The same rows without the habits of public training code: configs/recipes/clean.py says which, and why.
_base_ = ["wmveid863.py"]

title = "Baseline, Signal and NEXT on WMVeID863, clean recipes"
recipe = "clean"
