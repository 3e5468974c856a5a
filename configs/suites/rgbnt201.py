# Three methods on RGBNT201, each with its published recipe. The text tower and captions are NEXT's alone.
#   harness run rgbnt201 --data-root DIR --device cuda --set method.backbone.weights=open_clip_model.safetensors
title = "Baseline, Signal and NEXT on RGBNT201"
table = "comparison"
benchmarks = ["rgbnt201"]
recipe = "published"
runs = [
    dict(method="baseline"),
    dict(method="signal"),
    dict(method="next"),
]
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
