_base_ = ["../demo/msvr310.py"]
