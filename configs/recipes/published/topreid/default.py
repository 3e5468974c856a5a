# TOP-ReID (AAAI 2024, release 921dd7c): SGD on three whole ViT-B, every bias at twice the rate, vehicles at 256 x 128 as
# persons. RGBNT201, and where nothing is published (Market-MM).
_base_ = ["../../../schedules/published.py"]

title = "TOP-ReID: SGD 9e-3 for every parameter, cosine over 120 epochs, all images at 256 x 128"
benchmark = dict(image_size=(256, 128))
schedule = dict(
    optimizer="sgd",
    epochs=120,
    rates=dict(base=9e-3, visual=None),
    warmup_factor=0.01,
    noise=False,
)
data = dict(identities_per_batch=8, images_per_identity=16)
