# The paper's Figure 6 on RGBNT201: how many sentences of a caption NEXT keeps in training, and what its experts then select.
#   harness run keep_rgbnt201 --data-root DIR --device cuda --set method.backbone.weights=open_clip_model.safetensors
_base_ = ["rgbnt201.py"]

title = "Sentences that NEXT keeps on RGBNT201 (Figure 6)"
table = "ablation"
reference = "0.75"
runs = [
    dict(method="next", label="0.60", columns={"keep": "0.60"}, set={"method.text.keep_probability": 0.6}),
    dict(method="next", label="0.75", columns={"keep": "0.75"}),
    dict(method="next", label="0.90", columns={"keep": "0.90"}, set={"method.text.keep_probability": 0.9}),
]
