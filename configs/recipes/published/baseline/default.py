# The three-branch CLIP is row (a) of DeMo's ablation and of NEXT's Table IV, and is trained as the rest of those tables.
_base_ = ["../next/default.py"]

title = "Three-branch CLIP: as DeMo and NEXT train theirs"
