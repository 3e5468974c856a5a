# Size, cost, speed and memory of every method, in the form of NEXT's Table VIII: nothing is trained, no data is read. Each row
# is measured in a process of its own, one after the other. A method that joins is one more line.
#   harness run table_efficiency --device cuda        full size, three precisions, without torch.compile and with it
#   harness run table_efficiency                      small size on a CPU
title = "Size, cost, speed and memory (in the form of Table VIII)"
reference = "baseline"
recipe = "published"  # method settings, optimiser and rates; the batch is the same for all
method = dict(backbone=dict(weights="random"))
runs = [
    dict(method="baseline"),
    dict(method="signal"),
    dict(method="next", variant="no_text", label="next without text"),
    dict(method="next"),
    dict(method="demo"),
    dict(method="idea"),
    dict(method="topreid"),
    dict(method="editor"),
    dict(method="mambapro"),
    dict(method="icpl"),
    dict(method="promptma"),
    dict(method="transreid"),
]
measure = dict(benchmark="rgbnt201", batch=64, identities=8, images=8, warmup=10, repeats=30)
full = {
    "measure.precisions": ["fp32", "fp16", "bf16"],
    "measure.compiled": [False, True],
}
small = {
    "measure.warmup": 2,
    "measure.repeats": 7,
    "benchmark.image_size": [64, 32],
    "method.backbone.architecture": "small",
    "signal.alignment.lam_stride": 2,
    "idea.cda.kernel": 2,
}
