_base_ = ["default.py"]

data = dict(identities_per_batch=8, images_per_identity=8)
