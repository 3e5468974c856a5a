_base_ = ["default.py"]

schedule = dict(milestones=[16, 21])
data = dict(identities_per_batch=8, images_per_identity=4)
