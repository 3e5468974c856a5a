# The missing-modality table on RGBNT201 (TOP-ReID, DeMo): trained on all modalities, tested with one or two missing.
_base_ = ["rgbnt201.py"]

title = "Missing modalities on RGBNT201"
evaluation = dict(conditions=["missing"])
