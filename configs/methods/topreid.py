# TOP-ReID. The default is its RGBNT201 recipe ("AL": one head on the class tokens side by side); on RGBNT100 and MSVR310 the
# recipe takes one head for each modality ("BL"). Each variant is a row of one of the paper's ablation tables.
_neither = {"tpm.enabled": False, "crm.enabled": False}

variants = {
    # Modules, and supervision of the ViTs; `al` is for benchmarks whose recipe is BL
    "al": {"direct": True},
    "bl": {"direct": False},
    "baseline": _neither,
    "baseline_bl": {**_neither, "direct": False},
    "tpm": {"crm.enabled": False},
    "tpm_bl": {"crm.enabled": False, "direct": False},
    # Modalities; which modules these rows had is not told, and neither TPM nor CRM is defined on one modality
    "rgb": {**_neither, "modalities": ["RGB"]},
    "nir": {**_neither, "modalities": ["NIR"]},
    "tir": {**_neither, "modalities": ["TIR"]},
    "nir_tir": {**_neither, "modalities": ["NIR", "TIR"]},
    "rgb_nir": {**_neither, "modalities": ["RGB", "NIR"]},
    "rgb_tir": {**_neither, "modalities": ["RGB", "TIR"]},
    # Backbones; the release's notes have one shared ViT as well
    "deit_s": {"backbone.architecture": "deit_s_16", "backbone.weights": "fb_in1k"},
    "shared": {"shared": True},
}
