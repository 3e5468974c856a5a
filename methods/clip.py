"""CLIP towers through open_clip: all tokens of the image tower, a camera embedding, and weights that are loaded strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError

from .layers.cameras import camera_rows
from .pretrained import ARCHITECTURES, Architecture, BackboneSettings, load_strictly, read_state, weights_path
from .text import TextTower

SMALL_VOCABULARY, SMALL_BUCKETS = 1024, 256
SMALL_CLIP: dict[str, Any] = {
    "embed_dim": 48,
    "quick_gelu": False,
    "vision_cfg": {"layers": 3, "width": 64, "head_width": 32, "mlp_ratio": 2.0, "patch_size": 8},
    "text_cfg": {
        "context_length": 77,
        "vocab_size": SMALL_VOCABULARY + SMALL_BUCKETS,
        "width": 64,
        "heads": 2,
        "layers": 2,
        "mlp_ratio": 2.0,
    },
}


class ConvStem(nn.Sequential):
    """Two overlapping convolutions in place of the linear patch embedding, which does not train well at 64 x 32 pixels.

    Args:
        width: of a token.
        stride: pixels between tokens, even; images are padded, so that a side has ceil(pixels / stride) tokens.
    """

    def __init__(self, width: int, stride: int = 8) -> None:
        super().__init__(
            nn.Conv2d(3, width // 2, 5, stride=stride // 2, padding=2),
            nn.GELU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
        )


def _config(architecture: Architecture) -> dict[str, Any]:
    import open_clip

    config: dict[str, Any] = open_clip.get_model_config(architecture.model) if architecture.model else SMALL_CLIP
    return config


def count_image_blocks(settings: BackboneSettings) -> int:
    """Blocks of the image tower, without building it."""
    return int(_config(ARCHITECTURES[settings.architecture])["vision_cfg"]["layers"])


def _build(architecture: Architecture, image_size: tuple[int, int]) -> Any:
    """An open_clip model with random weights for images of a size."""
    import open_clip

    config = _config(architecture)
    model = open_clip.CLIP(**{**config, "vision_cfg": {**config["vision_cfg"], "image_size": image_size}})
    if not architecture.model:
        model.visual.conv1 = ConvStem(config["vision_cfg"]["width"])
    return model


class ImageTower(nn.Module):
    """The image tower of CLIP with every token projected into the space that text shares.

    Args:
        visual: open_clip's vision transformer.
    """

    def __init__(self, visual: Any) -> None:
        super().__init__()
        self.visual = visual
        self.width: int = visual.class_embedding.shape[0]
        self.size: int = visual.output_dim
        self.grid: tuple[int, int] = tuple(visual.grid_size)

    def forward(self, images: Tensor, camera: Tensor | None = None, appended: Tensor | None = None) -> Tensor:
        """Encode images.

        Args:
            images: (n, 3, H, W), normalised.
            camera: (n, 1, width) added to the class token before the positions, or None.
            appended: (n, k, width) tokens that follow the patches, with positions of their own, or None.

        Returns:
            (n, 1 + N + k, D): class token, then the N patches row by row, then what was appended; after `ln_post` and the
            projection.
        """
        visual = self.visual
        return visual.ln_post(visual.transformer(self.stem(images, camera, appended))) @ visual.proj

    def stem(self, images: Tensor, camera: Tensor | None = None, appended: Tensor | None = None) -> Tensor:
        """Tokens (n, 1 + N + k, width) as they enter the first block."""
        visual = self.visual
        patches = visual.conv1(images).flatten(2).transpose(1, 2)
        first = visual.class_embedding.expand(len(images), 1, -1)
        if camera is not None:
            first = first + camera
        x = torch.cat([first.to(patches.dtype), patches], dim=1) + visual.positional_embedding
        if appended is not None:
            x = torch.cat([x, appended.to(x.dtype)], dim=1)
        return visual.ln_pre(x)


class Branches(nn.Module):
    """One image tower that all modalities share, with a learned embedding of the camera (SIE of TransReID).

    The modalities go through the tower as one batch.

    Args:
        tower: the image tower.
        spec: number of cameras.
    """

    def __init__(self, tower: ImageTower, spec: BatchSpec) -> None:
        super().__init__()
        self.tower = tower
        self.camera = nn.Parameter(torch.empty(spec.cameras, 1, tower.width))
        nn.init.trunc_normal_(self.camera, std=0.02)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Class tokens (B, M, D) and patches (B, M, N, D) of a batch."""
        tokens = self.tower(batch.images.flatten(0, 1), self.cameras(batch)).unflatten(0, batch.images.shape[:2])
        return tokens[:, :, 0], tokens[:, :, 1:]

    def cameras(self, batch: Batch) -> Tensor:
        """The embedding (B * M, 1, width) of the camera of each image of a batch."""
        rows = camera_rows(self.camera, batch.camera, training=self.training)
        return rows.repeat_interleave(batch.images.shape[1], dim=0)


@dataclass(frozen=True)
class Clip:
    """Both towers of a CLIP."""

    image: ImageTower
    text: TextTower


def check_backbone(settings: BackboneSettings, image_size: tuple[int, int]) -> None:
    """Find out before a run whether a CLIP can be built for images of a size.

    Raises:
        InputError: the size is not divisible by the patch, or the weights are missing.
    """
    check_image_size(image_size, ARCHITECTURES[settings.architecture].patch, settings.architecture)
    weights_path(settings)


def check_image_size(image_size: tuple[int, int], patch: int, architecture: str) -> None:
    """Find out whether patches fill an image.

    Raises:
        InputError: they do not; the nearest size that they fill is said.
    """
    if any(side < patch or side % patch for side in image_size):
        near = tuple(max(patch, round(side / patch) * patch) for side in image_size)
        raise InputError(
            f"image size {image_size[0]} x {image_size[1]} is not divisible by the patch of {patch} pixels of "
            f"{architecture}; the nearest size that is: {near[0]} x {near[1]}"
        )


def load_clip(settings: BackboneSettings, image_size: tuple[int, int]) -> Clip:
    """Build a CLIP for images of a size and load its weights strictly.

    The positional table is resized to the grid of patches bilinearly, without antialiasing; the class position is kept.

    Raises:
        InputError: the image size is not divisible by the patch, or the weights are missing or do not fit.
    """
    architecture = ARCHITECTURES[settings.architecture]
    check_backbone(settings, image_size)
    model = _build(architecture, image_size)
    clip = Clip(ImageTower(model.visual), TextTower(model, None if architecture.model else SMALL_VOCABULARY))
    path = weights_path(settings)
    if path is not None:
        _load(clip, read_state(path), architecture.grid, path)
    return clip


def resize_positions(table: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """Resize a positional table (1 + h*w, width) from one grid to another; the class position stays as it is."""
    if old == new:
        return table
    first, rest = table[:1], table[1:].t().reshape(1, -1, *old)
    rest = F.interpolate(rest, size=new, mode="bilinear", align_corners=False)
    return torch.cat([first, rest.flatten(2)[0].t()])


def _load(clip: Clip, state: dict[str, Tensor], grid: tuple[int, int], path: Path) -> None:
    positions = state.get("visual.positional_embedding")
    if positions is not None and len(positions) == 1 + grid[0] * grid[1]:
        state["visual.positional_embedding"] = resize_positions(positions, grid, clip.image.grid)
    image = {name.removeprefix("visual."): value for name, value in state.items() if name.startswith("visual.")}
    text = {name: value for name, value in state.items() if name in clip.text.state_dict()}
    load_strictly(clip.image.visual, image, path, part="image tower", model="a CLIP")
    load_strictly(clip.text, text, path, part="text tower", model="a CLIP")
