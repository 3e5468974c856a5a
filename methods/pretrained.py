"""Where pretrained weights come from: a tag, a file, the small CLIP of this project, or nowhere on request."""

from __future__ import annotations

import hashlib
import socket
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from torch import Tensor, nn

from benchmarks.common.errors import InputError
from benchmarks.common.settings import FilePath, Settings

_WEIGHTS = Path(__file__).parent / "weights"
SHIPPED = {
    name: _WEIGHTS / f"{file}.safetensors"
    for name, file in (("small", "small_clip_person"), ("small_wide", "small_clip_vehicle"))
}
"""The shipped weights of each architecture that has some."""


class Hub(Protocol):
    """Weights of one architecture that can be downloaded by a tag."""

    @property
    def kind(self) -> str:
        """What they are, for messages: `CLIP ViT-B/16`."""

    @property
    def files(self) -> Sequence[str]:
        """Names of a weight file in a repository."""

    @property
    def usual(self) -> str:
        """The tag that a message recommends."""

    def tags(self) -> Sequence[str]:
        """Known tags; none for an architecture of this project."""

    def repository(self, tag: str) -> str:
        """Where it lies on the Hugging Face hub; empty where it lies elsewhere."""

    def download(self, tag: str) -> Path:
        """The file of a tag; raises whatever the client raises."""


class PretrainedSettings(Settings):
    """A backbone with pretrained weights: what a run's identity takes the weights' fingerprint of."""

    architecture: str
    weights: FilePath

    def hub(self) -> Hub:
        """Where tags come from."""
        raise NotImplementedError


class BackboneSettings(PretrainedSettings):
    """Which CLIP, and where its weights come from."""

    architecture: Literal["vit_b_16", "small", "small_wide"] = "vit_b_16"
    """`small` is for upright pictures (64 x 32), `small_wide` the same for wide ones (32 x 64)."""
    weights: FilePath = "openai"
    """A tag of open_clip, the path of a file, `shipped` (the small CLIPs of this project) or `random`."""

    def hub(self) -> Hub:
        """Tags of open_clip."""
        return ClipHub(ARCHITECTURES[self.architecture].model)


@dataclass(frozen=True)
class ClipHub:
    """Tags of open_clip.

    Args:
        model: open_clip's name; empty for a small CLIP, which has no tags.
    """

    model: str
    kind = "CLIP ViT-B/16"
    files = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    usual = "openai"

    def tags(self) -> Sequence[str]:
        """Of this model."""
        import open_clip

        return open_clip.list_pretrained_tags_by_model(self.model) if self.model else []

    def _config(self, tag: str) -> dict[str, Any]:
        import open_clip

        return open_clip.get_pretrained_cfg(self.model, tag)

    def repository(self, tag: str) -> str:
        """Its repository on the hub."""
        return str(self._config(tag).get("hf_hub", "")).strip("/")

    def download(self, tag: str) -> Path:
        """By open_clip's client."""
        import open_clip

        return Path(open_clip.download_pretrained(self._config(tag)))


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


def weights_path(settings: PretrainedSettings) -> Path | None:
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


def _where_to_get(settings: PretrainedSettings) -> str:
    hub = settings.hub()
    if not hub.tags():
        return "use `shipped` for the small CLIPs"
    return f"the weights of {hub.kind} are `{hub.files[0]}` of {hub.repository(hub.usual)} on the Hugging Face hub"


def _download(settings: PretrainedSettings) -> Path:
    """The file of a tag, from the hub or its cache."""
    import huggingface_hub

    hub = settings.hub()
    if settings.weights not in hub.tags():
        options = ["shipped", "random", *hub.tags()]
        raise InputError(
            f"backbone.weights: {settings.weights!r} is neither a file nor a tag of {settings.architecture} "
            f"(one of: {', '.join(options)}); {_where_to_get(settings)}"
        )
    cached = _cached(hub.repository(settings.weights), hub.files)
    if cached is not None:
        return cached
    try:
        if not getproxies():
            # A hub that cannot be reached is told apart at once; its client would try again for a minute.
            socket.create_connection((urlsplit(huggingface_hub.constants.ENDPOINT).hostname or "", 443), timeout=5).close()
        return hub.download(settings.weights)
    except Exception as error:  # whatever the hub's client raises, the user's remedy is the same
        raise InputError(
            f"backbone.weights: the tag {settings.weights!r} could not be downloaded ({_first_line(error)}); "
            f"{_where_to_get(settings)}: get it elsewhere and give its path by --set method.backbone.weights=PATH"
        ) from None


def _cached(repository: str, files: Sequence[str]) -> Path | None:
    """The file of a tag where the hub's cache on this machine has it."""
    import huggingface_hub

    for name in files:
        found = huggingface_hub.try_to_load_from_cache(repository, name) if repository else None
        if isinstance(found, str):
            return Path(found)
    return None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def weights_fingerprint(settings: PretrainedSettings) -> str:
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


def load_strictly(module: nn.Module, values: Mapping[str, Tensor], path: Path, *, part: str, model: str) -> None:
    """Load a state in which nothing is missing, unknown or of another shape.

    Args:
        module: what is loaded.
        values: its tensors by name.
        path: the file they are from, for the message.
        part: of the model, for the message: `image tower`.
        model: what the file should be, for the message: `a CLIP`.

    Raises:
        InputError: the state does not fit.
    """
    own = module.state_dict()
    missing = sorted(set(own) - set(values))
    extra = sorted(set(values) - set(own))
    wrong = sorted(name for name in set(own) & set(values) if own[name].shape != values[name].shape)
    for problem, names in (("lacks", missing), ("has unknown", extra), ("has the wrong shape for", wrong)):
        if names:
            raise InputError(f"{path}: the {part} {problem} {_few(names)}; is it {model} of this architecture?")
    module.load_state_dict(values)


def _few(names: list[str], count: int = 3) -> str:
    return ", ".join(names[:count]) + (f" and {len(names) - count} more" if len(names) > count else "")
