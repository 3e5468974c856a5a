# The same three methods on Market-MM (Market-1501 with made NIR and TIR). No captions of it are public: give some, or leave
# NEXT out with --only.
_base_ = ["rgbnt201.py"]

title = "Baseline, Signal and NEXT on Market-MM"
benchmarks = ["market_mm"]
