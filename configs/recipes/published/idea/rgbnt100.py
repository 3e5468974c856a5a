_base_ = ["default.py"]

method = dict(direct=False, text=dict(prompts=1, descriptor=False), cda=dict(offset_factor=21.0))
data = dict(identities_per_batch=8, images_per_identity=16)
