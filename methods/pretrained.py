"""Where pretrained weights come from: a tag of open_clip, a file, the small CLIP of this project, or nowhere on request."""

from __future__ import annotations

import hashlib
import socket
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from torch import Tensor

from benchmarks.common.errors import InputError
from benchmarks.common.settings import FilePath, Settings

_WEIGHTS = Path(__file__).parent / "weights"
SHIPPED = {
    name: _WEIGHTS / f"{file}.safetensors"
    for name, file in (("small", "small_clip_person"), ("small_wide", "small_clip_vehicle"))
}
"""The shipped weights of each architecture that has some."""


class BackboneSettings(Settings):
    """Which CLIP, and where its weights come from."""

    architecture: Literal["vit_b_16", "small", "small_wide"] = "vit_b_16"
    """`small` is for upright pictures (64 x 32), `small_wide` the same for wide ones (32 x 64)."""
    weights: FilePath = "openai"
    """A tag of open_clip, the path of a file, `shipped` (the small CLIPs of this project) or `random`."""


@dataclass(frozen=True)
class Architecture:
    """Sizes of a CLIP."""

    model: str
    """open_clip's name for it; empty for the small one."""
    patch: int
    size: int
    """D, of the space that images and text share."""
    grid: tuple[int, int]
    """Rows and columns of patches for which its positional table was made."""


ARCHITECTURES = {
    "vit_b_16": Architecture("ViT-B-16-quickgelu", 16, 512, (14, 14)),
    "small": Architecture("", 8, 48, (8, 4)),
    "small_wide": Architecture("", 8, 48, (4, 8)),
}


def weights_path(settings: BackboneSettings) -> Path | None:
    """The file of the weights; None for random ones.

    Raises:
        InputError: there is no such file or tag, or the tag cannot be downloaded.
    """
    if settings.weights == "random":
        return None
    if settings.weights == "shipped":
        if settings.architecture not in SHIPPED:
            raise InputError(f"the shipped weights are of the small CLIPs; give a tag or a path for {settings.architecture}")
        return SHIPPED[settings.architecture]
    if Path(settings.weights).suffix or "/" in settings.weights or Path(settings.weights).is_file():
        path = Path(settings.weights)
        if not path.is_file():
            raise InputError(f"{path}: no such weight file (backbone.weights); {_where_to_get(settings)}")
        return path
    return _download(settings)


def _where_to_get(settings: BackboneSettings) -> str:
    import open_clip

    model = ARCHITECTURES[settings.architecture].model
    if not model:
        return "use `shipped` for the small CLIPs"
    hub = open_clip.get_pretrained_cfg(model, "openai").get("hf_hub", "").strip("/")
    return f"the weights of CLIP ViT-B/16 are `open_clip_model.safetensors` of {hub} on the Hugging Face hub"


def _download(settings: BackboneSettings) -> Path:
    """The file of a tag, from the hub or its cache."""
    import huggingface_hub
    import open_clip

    model = ARCHITECTURES[settings.architecture].model
    tags = open_clip.list_pretrained_tags_by_model(model) if model else []
    if settings.weights not in tags:
        options = ["shipped", "random", *tags]
        raise InputError(
            f"backbone.weights: {settings.weights!r} is neither a file nor a tag of {settings.architecture} "
            f"(one of: {', '.join(options)}); {_where_to_get(settings)}"
        )
    config = open_clip.get_pretrained_cfg(model, settings.weights)
    cached = _cached(config)
    if cached is not None:
        return cached
    try:
        if not getproxies():
            # A hub that cannot be reached is told apart at once; its client would try again for a minute.
            socket.create_connection((urlsplit(huggingface_hub.constants.ENDPOINT).hostname or "", 443), timeout=5).close()
        return Path(open_clip.download_pretrained(config))
    except Exception as error:  # whatever the hub's client raises, the user's remedy is the same
        raise InputError(
            f"backbone.weights: the tag {settings.weights!r} could not be downloaded ({_first_line(error)}); "
            f"{_where_to_get(settings)}: get it elsewhere and give its path by --set method.backbone.weights=PATH"
        ) from None


def _cached(config: Mapping[str, Any]) -> Path | None:
    """The file of a tag where the hub's cache on this machine has it."""
    import huggingface_hub

    repository = str(config.get("hf_hub", "")).strip("/")
    for name in ("open_clip_model.safetensors", "open_clip_pytorch_model.bin"):
        found = huggingface_hub.try_to_load_from_cache(repository, name) if repository else None
        if isinstance(found, str):
            return Path(found)
    return None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def weights_fingerprint(settings: BackboneSettings) -> str:
    """sha256 of the weight file, or `random`: part of a run's identity, so that no result outlives its weights."""
    path = weights_path(settings)
    if path is None:
        return "random"
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def read_state(path: Path) -> dict[str, Tensor]:
    """Tensors by name from safetensors, a torch file of tensors, or OpenAI's TorchScript archive; as float32.

    Raises:
        InputError: the file is none of these.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = _read_torch(path)
        return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    except Exception as error:  # safetensors and torch raise many kinds; all mean that the file is not what it should be
        raise InputError(f"{path}: not a readable weight file ({_first_line(error)})") from None


def _read_torch(path: Path) -> dict[str, Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TorchScript, in which OpenAI's file is written
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except RuntimeError as error:
            if "TorchScript" not in str(error):
                raise
            state = torch.jit.load(path, map_location="cpu").state_dict()
            state = {name: value for name, value in state.items() if "." in name or value.ndim}
    state = state.get("state_dict", state)
    return {name.removeprefix("module."): value for name, value in state.items()}
