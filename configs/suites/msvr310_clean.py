# The same rows without the habits of public training code: configs/recipes/clean.py says which, and why.
_base_ = ["msvr310.py"]

title = "Baseline, Signal and NEXT on MSVR310, clean recipes"
recipe = "clean"
