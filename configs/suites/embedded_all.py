# Every method of the house under identical splits in one table. One seed: enough to see that all of them learn, and not to
# rank them. A method that joins is one more line.
_base_ = ["embedded.py"]

title = "All methods on the embedded benchmark"
runs = [
    dict(method="baseline"),
    dict(method="signal", set={"method.alignment.lam_stride": 2}),
    dict(method="next"),
    dict(method="demo"),
    # patches that decide one point, for a grid of 8 x 4
    dict(method="idea", set={"method.cda.kernel": 2}),
    dict(method="topreid"),
    dict(method="editor"),
    dict(method="mambapro"),
    dict(method="icpl"),
    dict(method="promptma"),
    dict(method="transreid"),
]
seeds = [0]
evaluation = dict(epoch_rule="last", every=5)
