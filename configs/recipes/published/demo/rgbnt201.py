_base_ = ["default.py"]

method = dict(direct=True, atmoe=dict(heads=4))
data = dict(identities_per_batch=8, images_per_identity=8)
