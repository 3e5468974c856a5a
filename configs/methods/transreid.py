# TransReID, one for each modality; the stride of 12 pixels is TransReID*. A variant is a row of one of the paper's tables: of
# the modules, of training settings (which change the baseline), or the method on one modality alone, as it was published.
_baseline = {"jpm.enabled": False, "backbone.camera_factor": 0.0}

variants = {
    "baseline": _baseline,
    "sie": {"jpm.enabled": False},
    "jpm": {"backbone.camera_factor": 0.0},
    "overlap": {"backbone.overlap": 0.25},
    "no_rearrange": {"jpm.rearrange": False},
    # Training settings; the paper's rates of dropout are not known to us
    "no_positions": {**_baseline, "backbone.positions": False},
    "no_drop_path": {**_baseline, "backbone.drop_path": 0.0},
    "dropout": {**_baseline, "backbone.dropout": 0.1},
    "attention_dropout": {**_baseline, "backbone.attention_dropout": 0.1},
    "hard_margin": {**_baseline, "supervision.margin": 0.3},
    "label_smoothing": {**_baseline, "supervision.label_smoothing": 0.1},
    # One modality
    "rgb": {"modalities": ["RGB"]},
    "nir": {"modalities": ["NIR"]},
    "tir": {"modalities": ["TIR"]},
}
