# The paper's table of training settings, each a change of the baseline. Its learning rates of Adam and AdamW and its rates of
# dropout are not known to us: those here are the usual ones of the field.
_base_ = ["ablation_transreid.py"]

title = "Training settings of TransReID's baseline on RGBNT201"
runs = [
    dict(method="transreid", variant="baseline", label="Baseline", columns={"change": "none"}),
    dict(
        method="transreid",
        variant="baseline",
        label="Adam",
        columns={"change": "Adam at 3.5e-4"},
        set={"schedule.optimizer": "adam", "schedule.rates.base": 3.5e-4},
    ),
    dict(
        method="transreid",
        variant="baseline",
        label="AdamW",
        columns={"change": "AdamW at 3.5e-4"},
        set={"schedule.optimizer": "adamw", "schedule.rates.base": 3.5e-4},
    ),
    dict(method="transreid", variant="no_positions", label="positions", columns={"change": "no positions"}),
    dict(method="transreid", variant="no_drop_path", label="stochastic depth", columns={"change": "no stochastic depth"}),
    dict(method="transreid", variant="dropout", label="dropout", columns={"change": "dropout 0.1"}),
    dict(
        method="transreid", variant="attention_dropout", label="attention dropout", columns={"change": "attention dropout 0.1"}
    ),
    dict(method="transreid", variant="hard_margin", label="margin", columns={"change": "hard margin 0.3"}),
    dict(method="transreid", variant="label_smoothing", label="smoothing", columns={"change": "label smoothing 0.1"}),
]
