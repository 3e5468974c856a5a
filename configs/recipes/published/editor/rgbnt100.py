_base_ = ["default.py"]

method = dict(direct=False)
