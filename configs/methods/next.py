# NEXT. The default is the full model (Table IV row (d)); each variant is a row of one of the paper's tables.
_no_text = {"text.in_training": False, "text.at_test": False}
# tokens start half kept and stay near it, and captions weigh as much as CLIP lets them
_guided = {"tmse.start": "half", "tmse.load_weight": 1.0, "tmse.similarity_scale": 14.0}

variants = {
    # Table IV
    "mgfa": {"tmse.enabled": False, "csse.enabled": False},
    "mgfa_tmse": {"csse.enabled": False},
    # Table VI
    "all_token": {"tmse.sampling": "all_bypass"},
    "topk": {"tmse.sampling": "topk"},
    "fixed_sigma": {"tmse.sampling": "fixed"},
    # A control: masks that are learned for each place of the image and see neither image nor caption
    "position_mask": {"tmse.sampling": "position"},
    # Table VII: (a) multi, multi; (b) share, multi; (c) share, share
    "routers_multi_multi": {"csse.router_scope": "multi"},
    "routers_share_multi": {"tmse.router_scope": "share", "csse.router_scope": "multi"},
    "routers_share_share": {"tmse.router_scope": "share"},
    # Eq. 11 has neither residuals nor norms before the attention, as the default; most transformers have both
    "residual": {"mgfa.residual": True},
    "residual_pre_norm": {"mgfa.residual": True, "mgfa.pre_norm": True},
    "mgfa_residual": {"mgfa.residual": True, "tmse.enabled": False, "csse.enabled": False},
    # What Eqs. 2 to 5 leave open, to find out whether captions can help (docs/results.md)
    "half_start": {"tmse.start": "half"},
    "load": {"tmse.load_weight": 1.0},
    "sharp": {"tmse.temperature": 0.1},
    "scaled_text": {"tmse.similarity_scale": 14.0},
    "guided": _guided,
    "guided_no_text": {**_guided, **_no_text},
    "residual_guided": {**_guided, "mgfa.residual": True},
    "residual_guided_no_text": {**_guided, **_no_text, "mgfa.residual": True},
    "residual_no_text": {**_no_text, "mgfa.residual": True},
    # Table VIII
    "no_text": _no_text,
    "text_in_training_only": {"text.at_test": False},
}
