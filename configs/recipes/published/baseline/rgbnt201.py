_base_ = ["../demo/rgbnt201.py"]
