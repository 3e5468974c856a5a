# The same three methods on made vehicles, where the scene rule applies: matches of the query's own session do not count.
_base_ = ["embedded.py"]

title = "Baseline, Signal and NEXT on the embedded vehicles"
benchmarks = ["synthetic_vehicle"]
method = dict(backbone=dict(architecture="small_wide"))
