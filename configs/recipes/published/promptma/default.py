# PromptMA (IEEE TIP 2025, release d2952c1 and its config files): the whole CLIP tower at one rate with the new modules,
# vehicles at 256 x 128 as persons. The file of Market-MM, and where nothing is published (WMVeID863). Its flip is one draw
# for the three modalities, while pad, crop and erasing are drawn apart; here all four are drawn apart.
_base_ = ["../../../schedules/published.py"]

title = "PromptMA: Adam 2e-5 for every parameter, steps at epochs 30 and 50 of 60, all images at 256 x 128"
benchmark = dict(image_size=(256, 128))
schedule = dict(
    epochs=60,
    rates=dict(base=2e-5, visual=None),
    decay="step",
    milestones=[30, 50],
    gamma=0.1,
    warmup="proportional",
    noise=False,
)
data = dict(identities_per_batch=16, images_per_identity=4)
