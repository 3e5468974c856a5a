# Does text help NEXT? With a residual, and with what Eqs. 2 to 5 leave open; with captions, with those of others, and without;
# on two draws. A claim needs at least five seeds.
_base_ = ["embedded.py"]

title = "Captions in NEXT on the embedded benchmark"
table = "ablation"
reference = "residual"
benchmarks = [
    "synthetic_person",
    dict(name="synthetic_person", label="synthetic_person, draw 1", set={"benchmark.draw": 1}),
]
reference = "guided"
_others = {"data.shuffle_captions": True}
runs = [
    dict(method="next", variant="residual", label="residual", columns={"captions": "own"}),
    dict(method="next", variant="residual_guided", label="guided", columns={"captions": "own"}),
    dict(method="next", variant="residual_guided", label="guided, others", columns={"captions": "others"}, set=_others),
    dict(method="next", variant="residual_guided_no_text", label="guided, none", columns={"captions": "none"}),
]
seeds = [0, 1, 2, 3, 4]
