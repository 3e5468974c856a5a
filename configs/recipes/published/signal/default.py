# Signal (AAAI 2026, release 18a162d): rates and cosine of DeMo on RGBNT201; heads, selection and loss weights by benchmark.
# Where nothing is published (Market-MM, WMVeID863): RGBNT201's settings, 64 = 16 x 4.
_base_ = ["../../../schedules/published.py"]

title = "Signal: Adam 3.5e-4, image tower 5e-6, cosine over 50 epochs"
data = dict(identities_per_batch=16, images_per_identity=4)
