# Steps in the place of the cosine: every group at 5e-6, classifiers at a hundred times that (since 15 November 2025), no
# warm-up and no noise.
_base_ = ["default.py"]

method = dict(direct=False, sim=dict(keep_ratio=64 / 128), alignment=dict(gam_weight=0.2, lam_weight=0.01))
schedule = dict(
    decay="step",
    milestones=[20, 40],
    gamma=0.1,
    warmup_epochs=0,
    noise=False,
    rates=dict(base=5e-6, classifier_factor=100.0),
)
data = dict(identities_per_batch=16, images_per_identity=4)
