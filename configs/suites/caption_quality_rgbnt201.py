# The paper's Table V on RGBNT201, and beyond it IDEA-Text at the lower qualities. Each entry of `benchmarks` names a folder of
# caption files, from where the command is run:
#   harness run caption_quality_rgbnt201 --data-root DIR --device cuda --set method.backbone.weights=open_clip_model.safetensors
# Sets that lie elsewhere, or others, take their place on the command line:
#   --set 'benchmarks=[{"name": "rgbnt201", "label": "NEXT-Text", "set": {"benchmark.captions": "FOLDER"}}]'
_base_ = ["rgbnt201.py"]

title = "Caption sets and their quality on RGBNT201 (Table V)"
table = "captions"
reference = "next word_quality=1.0"
benchmarks = [
    dict(name="rgbnt201", label="NEXT-Text", set={"benchmark.captions": "captions/next-text/rgbnt201"}),
    dict(name="rgbnt201", label="IDEA-Text", set={"benchmark.captions": "captions/idea-text/rgbnt201"}),
]
runs = [
    dict(method="idea"),
    dict(method="next"),
]
grid = {"data.word_quality": [0.35, 0.7, 1.0]}
