# IDEA (CVPR 2025, release 4e65520 with its training log): every parameter at 3.5e-6, biases and new modules included. The
# release computes its warm-up (from 3.5e-5) and the end of its cosine (3.5e-7) from a rate of 3.5e-4 that no parameter has,
# hence the factors of 10 and 0.1: rates fall from 3.19e-5 in epoch 1 to 3.20e-6 in epoch 10, before the noise. Where
# nothing is published (Market-MM, WMVeID863): 64 = 16 x 4, as ICPL has it on every benchmark.
_base_ = ["../../../schedules/published.py"]

title = "IDEA: Adam 3.5e-6 for every parameter, cosine over 50 epochs"
schedule = dict(rates=dict(base=3.5e-6, visual=None, bias_factor=1.0), warmup_factor=10.0, floor_factor=0.1)
data = dict(identities_per_batch=16, images_per_identity=4)
