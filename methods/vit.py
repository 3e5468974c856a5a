"""ImageNet ViT through timm: all tokens, a camera embedding, overlapping patches, and weights that are loaded strictly.

The backbone of TransReID, TOP-ReID and EDITOR, as their releases build it. The small one, for the embedded benchmarks, is the
image tower of the small CLIP without its projection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import FilePath

from .clip import SMALL_CLIP, ConvStem, check_image_size, resize_positions
from .layers.cameras import camera_rows
from .pretrained import Hub, PretrainedSettings, load_strictly, read_state, weights_path


class VitSettings(PretrainedSettings):
    """Which ViT, where its weights come from, and what the releases add to it."""

    architecture: Literal["vit_b_16", "deit_s_16", "small", "small_wide"] = "vit_b_16"
    """`small` is for upright pictures (64 x 32), `small_wide` the same for wide ones (32 x 64)."""
    weights: FilePath = "orig_in21k"
    """A tag of timm, the path of a file, `shipped` (the image towers of the small CLIPs) or `random`."""
    overlap: float = Field(0.0, ge=0, lt=1)
    """Share of a patch's side that the next patch covers: 0.25 is TransReID's stride of 12 pixels at patches of 16."""
    camera_factor: float = Field(3.0, ge=0)
    """Factor of the learned camera embedding on every token (SIE of TransReID); 0 builds none, as one camera does."""
    positions: bool = True
    """Whether tokens know their place; a row of TransReID's table of training settings."""
    drop_path: float = Field(0.1, ge=0, lt=1)
    """Stochastic depth of the last block; it grows linearly from 0 at the first."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """On what enters the first block, and after both layers of an MLP and the output of attention."""
    attention_dropout: float = Field(0.0, ge=0, lt=1)
    """On the attention weights."""

    def hub(self) -> Hub:
        """Tags of timm."""
        return TimmHub(ARCHITECTURES[self.architecture].model)


@dataclass(frozen=True)
class VitArchitecture:
    """Sizes of a ViT."""

    model: str
    """timm's name for it; empty for the small one."""
    patch: int
    width: int
    """D."""
    depth: int
    heads: int
    mlp_ratio: float
    grid: tuple[int, int]
    """Rows and columns of patches for which its positional table was made."""
    classes: int
    """Outputs of the ImageNet head, which the releases keep and never use; 0 for none."""

    @property
    def small(self) -> bool:
        """Whether it is the image tower of a small CLIP."""
        return not self.model


def _small(grid: tuple[int, int]) -> VitArchitecture:
    sizes = SMALL_CLIP["vision_cfg"]
    width = sizes["width"]
    heads = width // sizes["head_width"]
    return VitArchitecture("", sizes["patch_size"], width, sizes["layers"], heads, sizes["mlp_ratio"], grid, 0)


ARCHITECTURES = {
    "vit_b_16": VitArchitecture("vit_base_patch16_224", 16, 768, 12, 12, 4.0, (14, 14), 1000),
    "deit_s_16": VitArchitecture("deit_small_patch16_224", 16, 384, 12, 6, 4.0, (14, 14), 1000),
    "small": _small((8, 4)),
    "small_wide": _small((4, 8)),
}


@dataclass(frozen=True)
class TimmHub:
    """Tags of timm.

    Args:
        model: timm's name; empty for a small ViT, which has no tags.
    """

    model: str
    files = ("model.safetensors", "pytorch_model.bin")

    @property
    def kind(self) -> str:
        """The model's own name."""
        return self.model

    @property
    def usual(self) -> str:
        """The weights of the releases, where timm has them."""
        return next((tag for tag in self.tags() if tag == "orig_in21k"), next(iter(self.tags()), ""))

    def tags(self) -> Sequence[str]:
        """Of this model."""
        import timm

        return [name.partition(".")[2] for name in timm.list_pretrained(f"{self.model}.*")] if self.model else []

    def repository(self, tag: str) -> str:
        """Its repository on the hub."""
        import timm

        config = timm.get_pretrained_cfg(f"{self.model}.{tag}")
        return (config and config.hf_hub_id) or ""

    def download(self, tag: str) -> Path:
        """From the hub."""
        import huggingface_hub

        return Path(huggingface_hub.hf_hub_download(self.repository(tag), self.files[0]))


class PatchEmbedding(nn.Module):
    """Patches of an image as tokens, overlapping where the stride is smaller than the patch.

    Takes the place of timm's, which knows no stride and whose other arguments have no meaning here.

    Args:
        img_size: height and width.
        patch_size: side of a patch.
        embed_dim: D.
        stride: pixels between patches.
        stem: whether the small CLIP's two convolutions embed, in place of one.
    """

    def __init__(
        self, img_size: tuple[int, int], patch_size: int, embed_dim: int, *, stride: int, stem: bool, **_: Any
    ) -> None:
        super().__init__()
        self.proj: nn.Module = ConvStem(embed_dim, stride) if stem else nn.Conv2d(3, embed_dim, patch_size, stride)
        self.grid = (_places(img_size[0], patch_size, stride, stem), _places(img_size[1], patch_size, stride, stem))
        self.num_patches = self.grid[0] * self.grid[1]

    def forward(self, images: Tensor) -> Tensor:
        """Images (n, 3, H, W) to tokens (n, N, D), row by row."""
        return self.proj(images).flatten(2).transpose(1, 2)


def _places(side: int, patch: int, stride: int, stem: bool) -> int:
    """Patches along a side; the stem pads."""
    return math.ceil(side / stride) if stem else (side - patch) // stride + 1


def patch_grid(settings: VitSettings, image_size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of patches of an image, without building anything."""
    architecture, stride = ARCHITECTURES[settings.architecture], stride_of(settings)
    rows, columns = (_places(side, architecture.patch, stride, architecture.small) for side in image_size)
    return rows, columns


def stride_of(settings: VitSettings) -> int:
    """Pixels from one patch to the next.

    Raises:
        InputError: it is not a whole number, or odd where two convolutions share it.
    """
    architecture = ARCHITECTURES[settings.architecture]
    step = 2 if architecture.small else 1
    stride = architecture.patch * (1 - settings.overlap)
    if stride < step or abs(stride / step - round(stride / step)) > 1e-6:
        options = ", ".join(f"{1 - s / architecture.patch:g}" for s in range(architecture.patch, 0, -step))
        raise InputError(
            f"backbone.overlap {settings.overlap:g}: patches of {settings.architecture} overlap by one of: {options}"
        )
    return round(stride)


OnAttention = Callable[[Tensor], None]
"""Takes the attention maps of a block, which are not kept otherwise."""


class VitTower(nn.Module):
    """A ViT whose tokens are all given, with a learned embedding of the camera (SIE of TransReID) on every token.

    Args:
        vit: timm's, without a head.
        cameras: rows of the camera table; one camera has none.
        camera_factor: of the embedding; 0 for none.
        classes: outputs of the ImageNet head that the releases count and never use; 0 for none.
    """

    def __init__(self, vit: Any, cameras: int, camera_factor: float, classes: int) -> None:
        super().__init__()
        self.vit = vit
        self.width: int = vit.embed_dim
        self.depth: int = len(vit.blocks)
        self.grid: tuple[int, int] = vit.patch_embed.grid
        self.camera_factor = camera_factor
        self.camera: nn.Parameter | None = None
        if cameras > 1 and camera_factor:
            self.camera = nn.Parameter(torch.empty(cameras, 1, self.width))
            nn.init.trunc_normal_(self.camera, std=0.02)
        # Dead: trainable, so that published sizes count it, and reached by no gradient.
        self.unused_imagenet_head = nn.Linear(self.width, classes) if classes else None

    def embed(self, images: Tensor, camera: Tensor) -> Tensor:
        """What enters the first block: (n, 1 + N, D), class token first, of images (n, 3, H, W) and cameras (n,)."""
        vit = self.vit
        patches = vit.patch_embed(images)
        x = torch.cat([vit.cls_token.expand(len(images), -1, -1), patches], dim=1)
        if vit.pos_embed is not None:
            x = x + vit.pos_embed
        if self.camera is not None:
            x = x + self.camera_factor * camera_rows(self.camera, camera, training=self.training)
        return vit.norm_pre(vit.pos_drop(x))

    def encode(
        self, images: Tensor, camera: Tensor, *, depth: int | None = None, on_attention: OnAttention | None = None
    ) -> Tensor:
        """Tokens before the final norm.

        Args:
            images: (n, 3, H, W), normalised.
            camera: (n,) int64.
            depth: blocks that are run; None for all.
            on_attention: is given the attention (n, heads, 1 + N, 1 + N) of each block, at the cost of writing it out.

        Returns:
            (n, 1 + N, D): class token, then the N patches row by row.
        """
        x = self.embed(images, camera)
        for block in self.vit.blocks[:depth]:
            x = block(x) if on_attention is None else _seen_block(block, x, on_attention)
        return x

    def forward(self, images: Tensor, camera: Tensor, on_attention: OnAttention | None = None) -> Tensor:
        """Tokens (n, 1 + N, D) after the final norm; the arguments are those of `encode`."""
        return self.vit.norm(self.encode(images, camera, on_attention=on_attention))


def _seen_block(block: Any, x: Tensor, on_attention: OnAttention) -> Tensor:
    """A block of timm with its attention written out and shown."""
    attention = block.attn
    heads = attention.qkv(block.norm1(x)).unflatten(-1, (3, attention.num_heads, -1)).permute(2, 0, 3, 1, 4)
    query, key, value = heads.unbind(0)
    shares = ((query * attention.scale) @ key.transpose(-2, -1)).softmax(dim=-1)
    on_attention(shares)
    mixed = (attention.attn_drop(shares) @ value).transpose(1, 2).flatten(2)
    x = x + block.drop_path1(attention.proj_drop(attention.proj(mixed)))
    return x + block.drop_path2(block.mlp(block.norm2(x)))


class VitBranches(nn.Module):
    """ViTs of several modalities: one that all share, through which they go as one batch, or one for each.

    Args:
        settings: of the ViT.
        spec: modalities, cameras and image size.
        shared: whether there is one for all.
    """

    def __init__(self, settings: VitSettings, spec: BatchSpec, *, shared: bool) -> None:
        super().__init__()
        self.towers = nn.ModuleList(load_vits(settings, spec, 1 if shared else len(spec.modalities)))
        self.shared = shared
        first: Any = self.towers[0]
        self.width: int = first.width
        self.grid: tuple[int, int] = first.grid

    def forward(self, batch: Batch) -> Tensor:
        """Tokens (B, M, 1 + N, D) of a batch after the final norm."""
        B, M = batch.images.shape[:2]
        if self.shared:
            tokens = self.towers[0](batch.images.flatten(0, 1), batch.camera.repeat_interleave(M))
            return tokens.unflatten(0, (B, M))
        return torch.stack([tower(batch.images[:, m], batch.camera) for m, tower in enumerate(self.towers)], dim=1)

    def pretrained(self) -> Iterator[nn.Parameter]:
        """Parameters that the weight file holds: neither camera tables nor unused heads."""
        for tower in self.towers:
            yield from cast(VitTower, tower).vit.parameters()


def check_vit(settings: VitSettings, image_size: tuple[int, int]) -> None:
    """Find out before a run whether a ViT can be built for images of a size.

    Raises:
        InputError: patches do not fit the size, or the weights are missing.
    """
    architecture = ARCHITECTURES[settings.architecture]
    stride_of(settings)
    if settings.overlap == 0:
        check_image_size(image_size, architecture.patch, settings.architecture)
    elif min(image_size) < architecture.patch:
        raise InputError(
            f"image size {image_size[0]} x {image_size[1]} is smaller than the patch of {architecture.patch} pixels of "
            f"{settings.architecture}"
        )
    weights_path(settings)


def load_vit(settings: VitSettings, spec: BatchSpec) -> VitTower:
    """Build a ViT for images of a size and load its weights strictly, but for an ImageNet head.

    The positional table is resized to the grid of patches bilinearly, without antialiasing; the class position is kept.

    Raises:
        InputError: patches do not fit the image size, or the weights are missing or do not fit.
    """
    return load_vits(settings, spec, 1)[0]


def load_vits(settings: VitSettings, spec: BatchSpec, count: int) -> list[VitTower]:
    """As `load_vit`, several ViTs from one reading of the file; what is random in each is drawn for each."""
    check_vit(settings, spec.image_size)
    architecture, path = ARCHITECTURES[settings.architecture], weights_path(settings)
    state = None if path is None else _vit_state(read_state(path), architecture)
    towers = []
    for _ in range(count):
        vit = _build(settings, architecture, spec.image_size)
        if path is not None and state is not None:
            load_strictly(vit, _fitted(state, architecture.grid, vit), path, part="image tower", model="a ViT")
        towers.append(VitTower(vit, spec.cameras, settings.camera_factor, architecture.classes))
    return towers


def _build(settings: VitSettings, architecture: VitArchitecture, image_size: tuple[int, int]) -> Any:
    """A ViT of timm with random weights and no head."""
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(
        img_size=image_size,
        patch_size=architecture.patch,
        embed_dim=architecture.width,
        depth=architecture.depth,
        num_heads=architecture.heads,
        mlp_ratio=architecture.mlp_ratio,
        norm_layer=partial(nn.LayerNorm, eps=1e-5 if architecture.small else 1e-6),
        pre_norm=architecture.small,
        pos_embed="learn" if settings.positions else "none",
        pos_drop_rate=settings.dropout,
        proj_drop_rate=settings.dropout,
        attn_drop_rate=settings.attention_dropout,
        drop_path_rate=settings.drop_path,
        embed_layer=partial(PatchEmbedding, stride=stride_of(settings), stem=architecture.small),
        num_classes=0,
    )


def _fitted(state: dict[str, Tensor], old: tuple[int, int], vit: Any) -> dict[str, Tensor]:
    """A state with the positional table that a ViT needs; one that is not of the old grid is left to be refused."""
    if vit.pos_embed is None:
        return {name: value for name, value in state.items() if name != "pos_embed"}
    table = state.get("pos_embed")
    if table is None or table.ndim != 3:
        return state
    if table.shape[1] == 2 + old[0] * old[1]:  # a distilled DeiT's, whose second position is that of its other token
        table = torch.cat([table[:, :1], table[:, 2:]], dim=1)
    if table.shape[1] != 1 + old[0] * old[1]:
        return state
    return {**state, "pos_embed": resize_positions(table[0], old, vit.patch_embed.grid)[None]}


_HEADS = ("head", "pre_logits", "dist_token")


def _vit_state(state: dict[str, Tensor], architecture: VitArchitecture) -> dict[str, Tensor]:
    """The state of a ViT without ImageNet heads, under timm's names."""
    if architecture.small:
        return _of_clip(state)
    return {name: value for name, value in state.items() if not name.startswith(_HEADS)}


_TIMM_NAMES = (
    ("conv1.", "patch_embed.proj."),
    ("class_embedding", "cls_token"),
    ("positional_embedding", "pos_embed"),
    ("ln_pre.", "norm_pre."),
    ("ln_post.", "norm."),
    ("transformer.resblocks.", "blocks."),
    (".ln_1.", ".norm1."),
    (".ln_2.", ".norm2."),
    (".attn.in_proj_", ".attn.qkv."),
    (".attn.out_proj.", ".attn.proj."),
    (".mlp.c_fc.", ".mlp.fc1."),
    (".mlp.c_proj.", ".mlp.fc2."),
)


def _of_clip(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The image tower of a small CLIP under timm's names, without its projection into the space of text."""
    tower = {}
    for name, value in state.items():
        if name.startswith("visual.") and name != "visual.proj":
            renamed = name.removeprefix("visual.")
            for theirs, ours in _TIMM_NAMES:
                renamed = renamed.replace(theirs, ours)
            tower[renamed] = value.reshape(1, -1, value.shape[-1]) if renamed in {"cls_token", "pos_embed"} else value
    return tower
