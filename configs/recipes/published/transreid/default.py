# TransReID (ICCV 2021, release dec5504), persons, as it trains on Market-1501: its multi-modal rows were trained by others,
# whose recipe is not known. Images at the benchmark's own size.
_base_ = ["../../../schedules/published.py"]

title = "TransReID: SGD 8e-3 for every parameter, cosine over 120 epochs"
schedule = dict(
    optimizer="sgd",
    epochs=120,
    rates=dict(base=8e-3, visual=None),
    floor_factor=2e-3,
    warmup_epochs=5,
    warmup_factor=0.01,
    noise=False,
)
data = dict(identities_per_batch=16, images_per_identity=4)
