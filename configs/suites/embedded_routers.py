# Which of NEXT's routers the modalities share, in the form of the paper's Table VII. Row (d) is the default.
_base_ = ["embedded.py"]

title = "Routers of NEXT on the embedded benchmark (in the form of Table VII)"
table = "ablation"
reference = "(d)"
runs = [
    dict(method="next", variant="routers_multi_multi", label="(a)", columns={"TMSE": "multi", "CSSE": "multi"}),
    dict(method="next", variant="routers_share_multi", label="(b)", columns={"TMSE": "share", "CSSE": "multi"}),
    dict(method="next", variant="routers_share_share", label="(c)", columns={"TMSE": "share", "CSSE": "share"}),
    dict(method="next", label="(d)", columns={"TMSE": "multi", "CSSE": "share"}),
]
