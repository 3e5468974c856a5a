# The first thing a newcomer runs: three methods under identical splits on the embedded benchmark, without a GPU,
# a data set or network weights.
_base_ = ["../schedules/small.py"]

title = "Baseline, Signal and NEXT on the embedded benchmark"
table = "comparison"
benchmarks = ["synthetic_person"]
method = dict(
    backbone=dict(architecture="small", weights="shipped"),
    supervision=dict(id_weight=1.0),
)
runs = [
    dict(method="baseline"),
    dict(method="signal", set={"method.alignment.lam_stride": 2}),
    dict(method="next"),
]
seeds = [0, 1, 2]
evaluation = dict(epoch_rule="last", every=3)
jobs = 2
threads = 1
