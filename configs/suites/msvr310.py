# The same three methods on MSVR310, by the scene rule. Signal's recipe differs most here.
_base_ = ["rgbnt201.py"]

title = "Baseline, Signal and NEXT on MSVR310"
benchmarks = ["msvr310"]
