_base_ = ["default.py"]

method = dict(direct=True, text=dict(prompts=2, descriptor=True), cda=dict(offset_factor=5.0))
data = dict(identities_per_batch=8, images_per_identity=8)
