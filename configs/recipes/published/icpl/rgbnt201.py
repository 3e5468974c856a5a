_base_ = ["default.py"]

title = "ICPL-ReID: Adam 3e-4, steps at epochs 30 and 50 of 50"
schedule = dict(epochs=50, rates=dict(base=3e-4))
