# What Eq. 11 leaves out: residuals and norms in NEXT's aggregation, which cost nothing and which no published figure decides.
# `baseline`, `next` and `next:mgfa` are the same runs as in `embedded` and `embedded_ablation`.
_base_ = ["embedded.py"]

title = "Residuals in NEXT's aggregation on the embedded benchmark"
table = "ablation"
reference = "next"
runs = [
    dict(method="baseline", columns={"residual": "", "norm before": ""}),
    dict(method="next", columns={"residual": "", "norm before": ""}),
    dict(method="next", variant="residual", columns={"residual": "✓", "norm before": ""}),
    dict(method="next", variant="residual_pre_norm", columns={"residual": "✓", "norm before": "✓"}),
    dict(method="next", variant="mgfa", columns={"residual": "", "norm before": ""}),
    dict(method="next", variant="mgfa_residual", columns={"residual": "✓", "norm before": ""}),
]
