_base_ = ["default.py"]

schedule = dict(epochs=1000, warmup_epochs=100)
