# EDITOR. The default is its RGBNT201 recipe; other benchmarks have one head that the modalities share (configs/recipes). Each
# variant is a row of the paper's ablation, which is of that kind everywhere; its last row (F) is all parts together.
_no_losses = {"bcc.enabled": False, "ocfr.enabled": False}

variants = {
    "no_modules": {"direct": False, "sfts.enabled": False, "hma.enabled": False, **_no_losses},  # A
    "hma": {"direct": False, "sfts.enabled": False, **_no_losses},  # B
    "sfts_hma": {"direct": False, **_no_losses},  # C
    "no_ocfr": {"direct": False, "ocfr.enabled": False},  # D
    "no_bcc": {"direct": False, "bcc.enabled": False},  # E
    "separate": {"direct": False},  # F
    "al": {"direct": True},  # F with one head on the class tokens side by side, as the release on RGBNT201
}
