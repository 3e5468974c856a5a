# Nothing is published; one head for each modality, as on both vehicle benchmarks of the release.
_base_ = ["default.py"]

method = dict(direct=False)
