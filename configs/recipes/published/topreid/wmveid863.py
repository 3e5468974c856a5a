# Nothing is published: vehicles as vehicles.
_base_ = ["rgbnt100.py"]
