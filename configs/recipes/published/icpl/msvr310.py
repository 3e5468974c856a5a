_base_ = ["default.py"]

title = "ICPL-ReID: Adam 3.5e-4, steps at epochs 30 and 50 of 50"
method = dict(shared=True, adapters=dict(scale=0.5))
schedule = dict(epochs=50, rates=dict(weight_decay=1e-4))
