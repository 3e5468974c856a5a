# NEXT's modules one by one, in the form of the paper's Table IV. Row (d) is the same run as `next` in `embedded`.
_base_ = ["embedded.py"]

title = "Modules of NEXT on the embedded benchmark (in the form of Table IV)"
table = "ablation"
runs = [
    dict(method="baseline", variant="reduced", label="(a)", columns={"MGFA": "", "TMSE": "", "CSSE": ""}),
    dict(method="next", variant="mgfa", label="(b)", columns={"MGFA": "✓", "TMSE": "", "CSSE": ""}),
    dict(method="next", variant="mgfa_tmse", label="(c)", columns={"MGFA": "✓", "TMSE": "✓", "CSSE": ""}),
    dict(method="next", label="(d)", columns={"MGFA": "✓", "TMSE": "✓", "CSSE": "✓"}),
]
