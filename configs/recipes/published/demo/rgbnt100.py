_base_ = ["default.py"]

method = dict(direct=False, atmoe=dict(heads=8))
schedule = dict(epochs=30, warmup_epochs=5)
data = dict(identities_per_batch=8, images_per_identity=16)
