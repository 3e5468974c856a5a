# IDEA. The default is its RGBNT201 recipe; what it changes on vehicles (heads, prompts, range of the offsets) is in
# configs/recipes/published/idea, which wins over what is here. Without CDA the test feature is v and s side by side.
_no_cda = {"cda.enabled": False, "feature": "vs"}
_no_inverse = {"inverse.enabled": False}
_no_prefix = {"text.prefix": "none"}

variants = {
    # Modules, one after the other: captions as they are, with the prefix, with InverseNet; CDA is the default
    "text": {**_no_prefix, **_no_inverse, **_no_cda},
    "prefix": {**_no_inverse, **_no_cda},
    "imfe": _no_cda,
    # One left out
    "no_prefix": _no_prefix,
    "no_inverse": _no_inverse,
    # Halves of the prefix. The release can leave out the words alone: its prompts then lie on words of the caption
    "words": {"text.prefix": "words"},
    "prompts": {"text.prefix": "prompts"},
    # Where CDA samples
    "separate_offsets": {"cda.points": "separate"},
    "fixed_points": {"cda.points": "fixed"},
    "all_patches": {"cda.points": "all"},
    # Test features, from the same training
    "c_v": {"feature": "c_v"},
    "c": {"feature": "c"},
    "v": {"feature": "v"},
    "s": {"feature": "s"},
    "vs": {"feature": "vs"},
}
