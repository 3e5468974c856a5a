# Vehicles, as the release trains on VeRi-776.
_base_ = ["default.py"]

method = dict(jpm=dict(shift=8))
schedule = dict(rates=dict(base=1e-2))
