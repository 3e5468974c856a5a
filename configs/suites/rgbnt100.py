# The same three methods on RGBNT100. NEXT publishes no captions of it: give some (IDEA has), or leave NEXT out with --only.
_base_ = ["rgbnt201.py"]

title = "Baseline, Signal and NEXT on RGBNT100"
benchmarks = ["rgbnt100"]
