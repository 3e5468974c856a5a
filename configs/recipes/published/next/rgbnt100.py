_base_ = ["../demo/rgbnt100.py"]
