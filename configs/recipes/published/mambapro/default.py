# MambaPro (AAAI 2025, release 6dc4cb7): the CLIP tower is frozen but for its adapters and prompts, which learn as all new
# modules. RGBNT201, and where nothing is published (Market-MM). STEPS and GAMMA of its files are not used. A tower that is not
# frozen learns at 5e-6, as in the release whatever its base rate.
_base_ = ["../../../schedules/published.py"]

title = "MambaPro: Adam 3.5e-4 for adapters, prompts and new modules, cosine over 60 epochs"
method = dict(direct=True)
schedule = dict(epochs=60, rates=dict(visual=5e-6), warmup_factor=0.01, noise=False)
data = dict(identities_per_batch=16, images_per_identity=4)
