_base_ = ["../next/msvr310.py"]
