_base_ = ["default.py"]

schedule = dict(milestones=[20, 50], rates=dict(base=1e-5))
data = dict(identities_per_batch=16, images_per_identity=4)
