# Each modality degraded in six ways at three strengths: trained on whole images, tested on these. 54 tests a run; one seed.
_base_ = ["embedded.py"]

title = "Degraded modalities on the embedded benchmark"
seeds = [0]
evaluation = dict(conditions=["degraded"])
