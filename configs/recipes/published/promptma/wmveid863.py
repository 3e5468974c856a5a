# Nothing is published; P as on both vehicle benchmarks of the release.
_base_ = ["default.py"]

method = dict(prompts=dict(depth=0.5))
