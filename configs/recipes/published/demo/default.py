# DeMo (AAAI 2025, release b4f323a): the CLIP tower at 5e-6 whatever the base rate, its biases too; cosine with noise. Where
# nothing is published (Market-MM, WMVeID863): 64 = 16 x 4, as ICPL has it on every benchmark. Heads by benchmark.
_base_ = ["../../../schedules/published.py"]

title = "DeMo: Adam 3.5e-4, image tower 5e-6, cosine over 50 epochs"
data = dict(identities_per_batch=16, images_per_identity=4)
