# NEXT (arXiv 2505.20001, section V-B): Adam, 3.5e-4, weight decay 1e-4, text tower frozen, image tower trained. Its code is
# not released. What the paper leaves open (batch, epochs, warm-up, rate of the tower, noise) is that of DeMo, on whose code
# it builds; IDEA, the other one, differs on MSVR310 (64 = 8 x 8) and RGBNT100 (50 epochs).
_base_ = ["../../../schedules/published.py"]

title = "NEXT: Adam 3.5e-4; the rest, which the paper leaves open, as DeMo"
data = dict(identities_per_batch=16, images_per_identity=4)
