# How many sentences of a caption NEXT keeps in training, in the form of the paper's Figure 6.
_base_ = ["embedded.py"]

title = "Sentences that NEXT keeps on the embedded benchmark (in the form of Figure 6)"
table = "ablation"
reference = "0.75"
runs = [
    dict(method="next", label="0.45", columns={"keep": "0.45"}, set={"method.text.keep_probability": 0.45}),
    dict(method="next", label="0.60", columns={"keep": "0.60"}, set={"method.text.keep_probability": 0.6}),
    dict(method="next", label="0.75", columns={"keep": "0.75"}),
    dict(method="next", label="0.90", columns={"keep": "0.90"}, set={"method.text.keep_probability": 0.9}),
    dict(method="next", label="1.00", columns={"keep": "1.00"}, set={"method.text.keep_probability": 1.0}),
]
