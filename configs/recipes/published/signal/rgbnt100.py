_base_ = ["default.py"]

method = dict(direct=False, sim=dict(keep_ratio=112 / 128), alignment=dict(gam_weight=0.1, lam_weight=0.1))
schedule = dict(epochs=30, warmup_epochs=5, rates=dict(base=7e-4))
data = dict(identities_per_batch=8, images_per_identity=16)
