# The field's missing-modality table (TOP-ReID, DeMo): trained on all modalities, tested with one or two of them missing.
_base_ = ["embedded.py"]

title = "Missing modalities on the embedded benchmark"
evaluation = dict(conditions=["missing"])
