# Nothing is published; prompts and offsets as on MSVR310, whose vehicles are photographed as these are.
_base_ = ["default.py"]

method = dict(direct=True, text=dict(prompts=1, descriptor=True), cda=dict(offset_factor=25.0))
