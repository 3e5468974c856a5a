# The release says of its thousand epochs that they follow CCNet.
_base_ = ["default.py"]

method = dict(direct=False)
schedule = dict(epochs=1000, warmup_epochs=100, rates=dict(base=1e-3))
