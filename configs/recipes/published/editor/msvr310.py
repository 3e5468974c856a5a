_base_ = ["default.py"]

method = dict(direct=False)
schedule = dict(epochs=1000, warmup_epochs=100)
