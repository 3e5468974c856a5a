# The same three methods on WMVeID863. Most of MSVR310's test vehicles are in its training set: never train on both.
_base_ = ["rgbnt201.py"]

title = "Baseline, Signal and NEXT on WMVeID863"
benchmarks = ["wmveid863"]
