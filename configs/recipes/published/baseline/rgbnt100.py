_base_ = ["../next/rgbnt100.py"]
