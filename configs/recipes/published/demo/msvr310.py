_base_ = ["default.py"]

method = dict(direct=False, atmoe=dict(heads=8))
data = dict(identities_per_batch=16, images_per_identity=4)
