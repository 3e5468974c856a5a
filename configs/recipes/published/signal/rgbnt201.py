_base_ = ["default.py"]

method = dict(direct=True, sim=dict(keep_ratio=80 / 128), alignment=dict(gam_weight=0.2, lam_weight=0.2))
data = dict(identities_per_batch=8, images_per_identity=8)
