"""The ImageNet ViT: against timm's own forward pass, plain loops and the published sizes."""

import itertools
import math
from dataclasses import replace

import pytest
import timm
import torch
from safetensors.torch import save_file

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from methods.clip import load_clip, resize_positions
from methods.pretrained import BackboneSettings, weights_fingerprint, weights_path
from methods.vit import VitBranches, VitSettings, check_vit, load_vit

SPEC = BatchSpec(identities=4, cameras=3, image_size=(32, 16))
RANDOM = VitSettings(architecture="small", weights="random")


@pytest.fixture(scope="module")
def tower():
    torch.manual_seed(0)
    return load_vit(RANDOM, SPEC).eval()


def images(spec=SPEC, count=2, seed=0):
    return torch.randn(count, 3, *spec.image_size, generator=torch.Generator().manual_seed(seed))


def no_camera(count=2):
    return torch.zeros(count, dtype=torch.long)


def published(**settings):
    """A ViT of published size on no device."""
    with torch.device("meta"):
        return load_vit(VitSettings(weights="random", **settings), BatchSpec(171, 4, (256, 128)))


def test_published_sizes():
    parts = {name: sum(p.numel() for p in module.parameters()) for name, module in published().vit.named_children()}
    assert (parts["patch_embed"], parts["blocks"], parts["norm"]) == (590_592, 85_054_464, 1_536)
    whole = published()
    assert sum(p.numel() for p in whole.parameters() if p.requires_grad) == 86_518_504
    assert sum(p.numel() for p in whole.unused_imagenet_head.parameters()) == 769_000
    assert (whole.vit.pos_embed.numel(), whole.camera.numel(), whole.grid) == (99_072, 3_072, (16, 8))
    assert sum(p.numel() for p in published(camera_factor=0).parameters()) == 86_515_432
    overlapping = published(overlap=0.25)
    assert (overlapping.grid, overlapping.vit.patch_embed.proj.stride) == ((21, 10), (12, 12))
    assert sum(p.numel() for p in overlapping.parameters()) == 86_518_504 + 82 * 768
    assert published(architecture="deit_s_16").width == 384


def test_drop_path_grows_linearly():
    rates = [getattr(block.drop_path1, "drop_prob", 0.0) for block in published().vit.blocks]
    assert rates == pytest.approx([0.1 * block / 11 for block in range(12)])
    assert all(not getattr(block.drop_path2, "drop_prob", 0.0) for block in published(drop_path=0).vit.blocks)


@torch.no_grad()
def test_a_published_one_is_timms_vit():
    torch.manual_seed(0)
    ours = load_vit(VitSettings(architecture="deit_s_16", weights="random", camera_factor=0), SPEC).double().eval()
    torch.manual_seed(0)
    theirs = timm.create_model("deit_small_patch16_224", img_size=(32, 16), num_classes=0).double().eval()
    theirs.load_state_dict(ours.vit.state_dict())
    assert ours.camera is None
    x = images().double()
    torch.testing.assert_close(ours(x, no_camera()), theirs.forward_features(x), atol=1e-12, rtol=0)


@torch.no_grad()
def test_tokens_are_the_class_and_the_patches_row_by_row_with_the_camera_on_each(tower):
    vit, camera = tower.vit, torch.tensor([2, 1])
    patches = vit.patch_embed.proj(images())
    table = torch.cat([vit.cls_token[0] + vit.pos_embed[0, :1], vit.pos_embed[0, 1:]])
    entered = tower.embed(images(), camera)
    for n, (row, column) in itertools.product(range(2), itertools.product(range(4), range(2))):
        token = patches[n, :, row, column] + table[1 + row * 2 + column] + 3 * tower.camera[camera[n], 0]
        torch.testing.assert_close(entered[n, 1 + row * 2 + column], vit.norm_pre(token))
    first = table[0] + 3 * tower.camera[camera, 0]
    torch.testing.assert_close(entered[:, 0], vit.norm_pre(first))


@torch.no_grad()
def test_depth_and_final_norm(tower):
    x, camera = images(), no_camera()
    entered = tower.embed(x, camera)
    assert torch.equal(tower.encode(x, camera, depth=0), entered)
    two = tower.vit.blocks[1](tower.vit.blocks[0](entered))
    assert torch.equal(tower.encode(x, camera, depth=2), two)
    last = tower.vit.blocks[2](two)
    assert torch.equal(tower.encode(x, camera), last)
    assert torch.equal(tower(x, camera), tower.vit.norm(last))


@torch.no_grad()
def test_maps_are_the_attention_of_each_block_and_change_nothing(loops):
    torch.manual_seed(0)
    tower = load_vit(RANDOM, BatchSpec(4, 3, (16, 16))).double().eval()
    x, maps = images(BatchSpec(4, 3, (16, 16)), count=1).double(), []
    torch.testing.assert_close(tower(x, no_camera(1), maps.append), tower(x, no_camera(1)), atol=1e-12, rtol=0)
    assert [shares.shape for shares in maps] == [(1, 2, 5, 5)] * 3
    for depth, block in enumerate(tower.vit.blocks):
        tokens = block.norm1(tower.encode(x, no_camera(1), depth=depth))[0].tolist()
        rows = [loops.dense(token, block.attn.qkv.weight.tolist(), block.attn.qkv.bias.tolist()) for token in tokens]
        for head, i in itertools.product(range(2), range(5)):
            part = slice(32 * head, 32 * head + 32)
            scores = [loops.dot(rows[i][part], row[64:128][part]) / math.sqrt(32) for row in rows]
            assert maps[depth][0, head, i].tolist() == pytest.approx(loops.softmax(scores), abs=1e-12)


def test_maps_draw_the_same_stochastic_depth():
    torch.manual_seed(0)
    tower = load_vit(RANDOM.model_copy(update={"drop_path": 0.5}), SPEC).train()
    outputs = []
    for on_attention in (None, [].append):
        torch.manual_seed(3)
        outputs.append(tower(images(count=8), no_camera(8), on_attention))
    torch.testing.assert_close(*outputs, atol=1e-5, rtol=1e-5)


def test_a_camera_unseen_in_training_has_the_mean_of_the_others(tower):
    mean = tower.camera.mean(dim=0)
    seen = tower.embed(images(), torch.tensor([0, 1]))
    entered = tower.embed(images(), torch.tensor([0, 7]))
    assert torch.equal(entered[0], seen[0])
    other = load_vit(RANDOM, replace(SPEC, cameras=1))
    assert other.camera is None
    x = tower.vit.patch_embed(images())[1]
    plain = torch.cat([tower.vit.cls_token[0], x]) + tower.vit.pos_embed[0]
    torch.testing.assert_close(entered[1], tower.vit.norm_pre(plain + 3 * mean))


def test_no_gradient_reaches_the_imagenet_head():
    torch.manual_seed(0)
    with torch.no_grad():
        tower = load_vit(VitSettings(architecture="deit_s_16", weights="random"), SPEC)
    tower(images(), no_camera()).square().sum().backward()
    without = {name for name, parameter in tower.named_parameters() if parameter.grad is None}
    assert without == {"unused_imagenet_head.weight", "unused_imagenet_head.bias"}
    assert all(parameter.requires_grad for parameter in tower.parameters())


@pytest.mark.parametrize(("architecture", "size"), [("small", (64, 32)), ("small_wide", (32, 64)), ("small", (32, 24))])
@torch.no_grad()
def test_the_small_one_is_the_image_tower_of_the_small_clip(architecture, size):
    clip = load_clip(BackboneSettings(architecture=architecture, weights="shipped"), size).image.eval()
    settings = VitSettings(architecture=architecture, weights="shipped", camera_factor=0)
    vit = load_vit(settings, BatchSpec(4, 3, size)).eval()
    x = images(BatchSpec(4, 3, size))
    assert vit.grid == clip.grid
    torch.testing.assert_close(vit(x, no_camera()) @ clip.visual.proj, clip(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "overlap", "size", "grid"),
    [("small", 0.25, (64, 32), (11, 6)), ("small_wide", 0.5, (32, 64), (8, 16)), ("vit_b_16", 0.25, (40, 28), (3, 2))],
)
def test_overlapping_patches(architecture, overlap, size, grid):
    settings = VitSettings(architecture=architecture, weights="random", overlap=overlap)
    with torch.device("meta"):
        tower = load_vit(settings, BatchSpec(4, 3, size))
        assert tower.grid == grid
        assert tower.vit.patch_embed(torch.empty(1, 3, *size)).shape == (1, grid[0] * grid[1], tower.width)


def test_overlapping_small_ones_take_the_shipped_weights():
    tower = load_vit(VitSettings(architecture="small", weights="shipped", overlap=0.25), BatchSpec(4, 3, (64, 32)))
    assert tower(images(BatchSpec(4, 3, (64, 32))), no_camera()).shape == (2, 1 + 66, 64)


@pytest.mark.parametrize(("architecture", "overlap", "options"), [("vit_b_16", 0.3, "0.25"), ("small", 0.875, "0, 0.25, 0.5")])
def test_an_overlap_that_is_no_stride_is_refused(architecture, overlap, options):
    settings = VitSettings(architecture=architecture, weights="random", overlap=overlap)
    with pytest.raises(InputError, match=f"backbone.overlap {overlap}.*{options}"):
        check_vit(settings, (64, 32))


def test_sizes_are_checked():
    with pytest.raises(InputError, match="nearest size that is: 256 x 128"):
        check_vit(VitSettings(weights="random"), (250, 128))
    check_vit(VitSettings(weights="random", overlap=0.25), (250, 128))
    with pytest.raises(InputError, match="smaller than the patch"):
        check_vit(VitSettings(weights="random", overlap=0.25), (8, 128))


TABLE = (14, 14)


@pytest.fixture(scope="module")
def timm_state():
    """A state as timm's hub has it for 224 x 224, in a width that is quickly built."""
    torch.manual_seed(1)
    return timm.create_model("deit_small_patch16_224", num_classes=10).state_dict()


def written(state, folder):
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "vit.safetensors")
    return VitSettings(architecture="deit_s_16", weights=str(folder / "vit.safetensors"))


def test_weights_are_loaded_but_for_the_head_and_positions_are_resized(timm_state, tmp_path):
    settings = written(timm_state, tmp_path)
    vit = load_vit(settings, SPEC).vit
    ours = vit.state_dict()
    assert set(ours) == {name for name in timm_state if not name.startswith("head")}
    for name, value in ours.items():
        expected = timm_state[name]
        if name == "pos_embed":
            expected = resize_positions(expected[0], TABLE, (2, 1))[None]
        assert torch.equal(value, expected), name
    assert len(weights_fingerprint(settings)) == 64


def test_a_distilled_deit_loses_its_second_token(timm_state, tmp_path):
    positions = timm_state["pos_embed"]
    distilled = {
        **timm_state,
        "pos_embed": torch.cat([positions[:, :1], torch.full_like(positions[:, :1], 9.0), positions[:, 1:]], dim=1),
        "dist_token": torch.ones(1, 1, 384),
        "head_dist.weight": torch.ones(10, 384),
    }
    vit = load_vit(written(distilled, tmp_path), SPEC).vit
    assert torch.equal(vit.pos_embed, resize_positions(positions[0], TABLE, (2, 1))[None])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("blocks.3.attn.qkv.bias", None, "image tower lacks blocks.3.attn.qkv.bias"),
        ("extra", torch.ones(1), "image tower has unknown extra"),
        ("norm.weight", torch.ones(3), "image tower has the wrong shape for norm.weight"),
        ("pos_embed", torch.ones(1, 5, 384), "image tower has the wrong shape for pos_embed"),
        ("pos_embed", torch.ones(197), "image tower has the wrong shape for pos_embed"),
    ],
)
def test_weights_that_do_not_fit_are_named(name, value, message, timm_state, tmp_path):
    state = {key: old for key, old in timm_state.items() if key != name} | ({} if value is None else {name: value})
    with pytest.raises(InputError, match=message):
        load_vit(written(state, tmp_path), SPEC)


def test_tags_are_timms():
    with pytest.raises(
        InputError, match=r"'orig' is neither a file nor a tag of vit_b_16 .*orig_in21k.*timm/vit_base_patch16_224"
    ):
        weights_path(VitSettings(weights="orig"))
    with pytest.raises(InputError, match="use `shipped`"):
        weights_path(VitSettings(architecture="small"))
    hub = VitSettings(architecture="deit_s_16").hub()
    assert hub.tags() == ["fb_in1k"]
    assert hub.repository("fb_in1k") == "timm/deit_small_patch16_224.fb_in1k"


@torch.no_grad()
@pytest.mark.parametrize("shared", [True, False])
def test_branches_are_modality_by_modality(shared, small):
    torch.manual_seed(0)
    branches, batch = VitBranches(RANDOM, SPEC, shared=shared).eval(), small.batch(samples=4)
    assert len(branches.towers) == (1 if shared else 3)
    tokens = branches(batch)
    assert tokens.shape == (4, 3, 9, 64)
    for m in range(3):
        tower = branches.towers[0 if shared else m]
        torch.testing.assert_close(tower(batch.images[:, m], batch.camera), tokens[:, m], atol=1e-5, rtol=1e-4)


def test_separate_towers_start_from_one_file_with_cameras_of_their_own():
    branches = VitBranches(
        VitSettings(architecture="small", weights="shipped"), replace(SPEC, image_size=(64, 32)), shared=False
    )
    first, *others = branches.towers
    for other in others:
        assert torch.equal(first.vit.blocks[0].attn.qkv.weight, other.vit.blocks[0].attn.qkv.weight)
        assert not torch.equal(first.camera, other.camera)
    assert len(list(branches.pretrained())) == 3 * len(list(first.vit.parameters()))
