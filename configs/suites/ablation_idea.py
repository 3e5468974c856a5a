# IDEA part by part: modules (a) to (g), halves of the prefix, where CDA samples, number of prompts, range of the offsets, and
# test features, which are those of its training log; these rows train what (e) trains once more.
#   harness run ablation_idea --data-root DIR --device cuda --set method.backbone.weights=open_clip_model.safetensors
# or, on the embedded benchmark, with the small backbone:
#   harness run ablation_idea --set 'benchmarks=["synthetic_person"]' --set schedule.epochs=20 --set schedule.rates.base=2e-3
#     --set method.backbone.architecture=small --set method.backbone.weights=shipped
title = "IDEA on RGBNT201, part by part"
table = "ablation"
benchmarks = ["rgbnt201"]
recipe = "published"
reference = "(e)"
_none = {"prefix": "", "InverseNet": "", "CDA": ""}
_full = {"prefix": "✓", "InverseNet": "✓", "CDA": "✓"}
runs = [
    dict(method="baseline", recipe="published/idea", label="(a)", columns={**_none, "test": "v"}),
    dict(method="idea", variant="text", label="(b)", columns={**_none, "test": "v, t"}),
    dict(method="idea", variant="prefix", label="(c)", columns={**_none, "prefix": "✓", "test": "v, t"}),
    dict(method="idea", variant="imfe", label="(d)", columns={**_full, "CDA": "", "test": "v, s"}),
    dict(method="idea", label="(e)", columns={**_full, "test": "c_t"}),
    dict(method="idea", variant="no_prefix", label="(f)", columns={**_full, "prefix": "", "test": "c_t"}),
    dict(method="idea", variant="no_inverse", label="(g)", columns={**_full, "InverseNet": "", "test": "c_t"}),
    dict(method="idea", variant="words", label="words without prompts", columns={**_full, "prefix": "words", "test": "c_t"}),
    dict(method="idea", variant="prompts", label="prompts on captions", columns={**_full, "prefix": "prompts", "test": "c_t"}),
    dict(
        method="idea",
        label="short words",
        columns={**_full, "prefix": "short", "test": "c_t"},
        set={"method.text.descriptor": False},
    ),
    dict(method="idea", variant="separate_offsets", label="offsets apart", columns={**_full, "CDA": "apart", "test": "c_t"}),
    dict(method="idea", variant="fixed_points", label="no offsets", columns={**_full, "CDA": "fixed", "test": "c_t"}),
    dict(method="idea", variant="all_patches", label="no sampling", columns={**_full, "CDA": "all", "test": "c_t"}),
    *[
        dict(
            method="idea",
            label=f"prompts: {n}",
            columns={**_full, "prefix": f"prompts: {n}", "test": "c_t"},
            set={"method.text.prompts": n},
        )
        for n in (1, 3, 4)
    ],
    *[
        dict(
            method="idea",
            label=f"offsets x {f}",
            columns={**_full, "CDA": f"x {f}", "test": "c_t"},
            set={"method.cda.offset_factor": float(f)},
        )
        for f in (1, 10, 20)
    ],
    *[
        dict(method="idea", variant=feature, label=f"{feature} at test", columns={**_full, "test": shown})
        for feature, shown in (("c_v", "c_v"), ("c", "c_v, c_t"), ("v", "v"), ("s", "s"), ("vs", "v, s"))
    ],
]
seeds = [1111, 1112, 1113]
evaluation = dict(epoch_rule="last", every=5)
jobs = 1
threads = 4
