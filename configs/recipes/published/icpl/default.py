# ICPL-ReID (IEEE TMM 28, release 47c3d12): adapters, projections, heads and prompts alone are trained; steps, and a warm-up
# that is a share of each group's own rate. RGBNT100 and WMVeID863, and Market-MM, for which it prints figures and ships no
# file.
_base_ = ["../../../schedules/published.py"]

title = "ICPL-ReID: Adam 3.5e-4, steps at epochs 30 and 50 of 120"
schedule = dict(
    epochs=120,
    rates=dict(visual=None, prompts=3.5e-4, weight_decay=5e-4, prompt_weight_decay=1e-4),
    decay="step",
    milestones=[30, 50],
    gamma=0.1,
    warmup="proportional",
    noise=False,
)
data = dict(identities_per_batch=16, images_per_identity=4)
