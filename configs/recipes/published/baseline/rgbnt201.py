_base_ = ["../next/rgbnt201.py"]
