# EDITOR (CVPR 2024, release 473cab6): SGD on one shared ViT-B, every bias at twice the rate. RGBNT201 and Market-MM.
_base_ = ["../../../schedules/published.py"]

title = "EDITOR: SGD 1e-3 for every parameter, cosine over 70 epochs"
schedule = dict(
    optimizer="sgd",
    epochs=70,
    rates=dict(base=1e-3, visual=None),
    warmup_factor=0.01,
    noise=False,
)
data = dict(identities_per_batch=8, images_per_identity=16)
