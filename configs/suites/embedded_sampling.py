# How NEXT's semantic experts choose their tokens, in the form of the paper's Table VI.
_base_ = ["embedded.py"]

title = "Token sampling of NEXT on the embedded benchmark (in the form of Table VI)"
table = "ablation"
reference = "Dynamic"
runs = [
    dict(method="next", variant="all_token", label="All tokens"),
    dict(method="next", variant="topk", label="Top-K"),
    dict(method="next", variant="fixed_sigma", label="Fixed threshold"),
    dict(method="next", label="Dynamic"),
]
