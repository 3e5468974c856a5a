# Nothing is published; one head for all modalities, as on both vehicle benchmarks of the release.
_base_ = ["default.py"]

method = dict(direct=False)
