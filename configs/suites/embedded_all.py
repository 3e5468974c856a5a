# Every method of the house under identical splits in one table. One seed: enough to see that all of them learn, and not to
# rank them. A method that joins is one more line.
_base_ = ["embedded.py"]

title = "All methods on the embedded benchmark"
runs = [
    dict(method="baseline"),
    dict(method="signal", set={"method.alignment.lam_stride": 2}),
    dict(method="next"),
]
seeds = [0]
evaluation = dict(epoch_rule="last", every=5)
