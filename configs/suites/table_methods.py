# Every method on the benchmarks that have published captions, each by its own recipe and under identical splits, in the form
# of NEXT's Tables II and III. Fewer or others: --set 'benchmarks=["rgbnt201"]', --only 'demo'. IDEA and NEXT read captions.
#   harness run table_methods --data-root DIR --device cuda
# CLIP's towers begin with OpenAI's weights, those of TOP-ReID, EDITOR and TransReID with ImageNet's. Either may come from a
# file, as in --set next.backbone.weights=open_clip_model.safetensors
_base_ = ["rgbnt201.py"]

title = "All methods (in the form of Tables II and III)"
benchmarks = ["rgbnt201", "msvr310"]
runs = [
    dict(method="baseline"),
    dict(method="transreid"),
    dict(method="topreid"),
    dict(method="editor"),
    dict(method="icpl"),
    dict(method="promptma"),
    dict(method="mambapro"),
    dict(method="demo"),
    dict(method="idea"),
    dict(method="signal"),
    dict(method="next"),
]
reference = "baseline"
