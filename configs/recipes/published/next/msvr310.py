_base_ = ["default.py"]

data = dict(identities_per_batch=16, images_per_identity=4)
