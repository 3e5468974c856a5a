# How many semantic and structure experts NEXT has, in the form of the paper's Figure 8. The default has three of each.
_base_ = ["embedded.py"]

title = "Number of NEXT's experts on the embedded benchmark (in the form of Figure 8)"
table = "ablation"
reference = "3 + 3"
runs = [
    dict(method="next", label="1 + 3", columns={"semantic": "1", "structure": "3"}, set={"method.tmse.experts": 1}),
    dict(method="next", label="2 + 3", columns={"semantic": "2", "structure": "3"}, set={"method.tmse.experts": 2}),
    dict(method="next", label="4 + 3", columns={"semantic": "4", "structure": "3"}, set={"method.tmse.experts": 4}),
    dict(method="next", label="3 + 1", columns={"semantic": "3", "structure": "1"}, set={"method.csse.experts": 1}),
    dict(method="next", label="3 + 2", columns={"semantic": "3", "structure": "2"}, set={"method.csse.experts": 2}),
    dict(method="next", label="3 + 4", columns={"semantic": "3", "structure": "4"}, set={"method.csse.experts": 4}),
    dict(method="next", label="3 + 3", columns={"semantic": "3", "structure": "3"}),
]
