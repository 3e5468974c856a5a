# Nothing is published; one head that the modalities share, as on both vehicle benchmarks of the release.
_base_ = ["default.py"]

method = dict(direct=False)
