# Nothing is published; heads as on both vehicle benchmarks of the release.
_base_ = ["default.py"]

method = dict(direct=False, atmoe=dict(heads=8))
