_base_ = ["default.py"]

method = dict(prompts=dict(depth=0.5))  # P = 6
schedule = dict(milestones=[20, 50], rates=dict(base=1e-5))
data = dict(identities_per_batch=16, images_per_identity=4)
