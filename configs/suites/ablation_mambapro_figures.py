# What MambaPro's figures vary on RGBNT201: prompts without adapters and Mamba (row D of its table), adapters alone (row C),
# layers of the full model. Depth is a share of the blocks, counted from the last one: 4, 7, 10 and 12 of 12. Read off small
# figures (mAP): length 70.4, 69.7, 69.6, 71.3, 69.2, 69.6, 69.9, 69.6; prompt depth 42.2, 62.7, 66.6, 71.3; adapter depth
# 46.5, 69.4, 72.0, 73.2; layers 78.3, 78.9, 76.8, 79.5, 76.9, 77.1, 78.2, 77.1.
_base_ = ["ablation_mambapro.py"]

title = "Lengths, depths and layers of MambaPro on RGBNT201"
reference = "F, 2 layers"
_columns = {"SRP length": "", "SRP blocks": "", "PFA blocks": "", "MA layers": ""}
_srp = {"SRP length": "4", "SRP blocks": "1-12"}
_depths = {"9-12": 4 / 12, "6-12": 7 / 12, "3-12": 10 / 12}
_lengths = [
    dict(
        method="mambapro",
        variant="srp",
        label=f"D, length {length}",
        columns={**_columns, **_srp, "SRP length": str(length)},
        set={"method.srp.length": length},
    )
    for length in range(1, 9)
]
_prompts = [
    dict(
        method="mambapro",
        variant="srp",
        label=f"D, blocks {blocks}",
        columns={**_columns, **_srp, "SRP blocks": blocks},
        set={"method.srp.depth": depth},
    )
    for blocks, depth in _depths.items()
]
_adapters = [
    dict(
        method="mambapro",
        variant="pfa",
        label=f"C, blocks {blocks}",
        columns={**_columns, "PFA blocks": blocks},
        set={"method.pfa.depth": depth},
    )
    for blocks, depth in {**_depths, "1-12": 1.0}.items()
]
_layers = [
    dict(
        method="mambapro",
        label=f"F, {layers} layer{'s' if layers > 1 else ''}",
        columns={**_srp, "PFA blocks": "1-12", "MA layers": str(layers)},
        set={"method.ma.layers": layers},
    )
    for layers in range(1, 9)
]
runs = [*_lengths, *_prompts, *_adapters, *_layers]
