# The missing-modality table on RGBNT100 (TOP-ReID, DeMo): trained on all modalities, tested with one or two missing.
_base_ = ["rgbnt100.py"]

title = "Missing modalities on RGBNT100"
evaluation = dict(conditions=["missing"])
