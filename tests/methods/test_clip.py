import itertools
from dataclasses import replace

import pytest
import torch

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from methods.clip import Branches, check_backbone, count_image_blocks, load_clip, resize_positions
from methods.pretrained import BackboneSettings

SIZE = (32, 16)


@pytest.fixture(scope="module")
def clip(small):
    torch.manual_seed(0)
    return load_clip(small.BACKBONE, SIZE)


@pytest.fixture
def images():
    return torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(0))


def into_norm(tower, *inputs):
    """What enters `ln_pre`, and what comes out of the tower."""
    seen = []
    hook = tower.visual.ln_pre.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    with torch.no_grad():
        out = tower(*inputs)
    hook.remove()
    return seen[0], out


@torch.no_grad()
def test_tokens_are_the_class_and_the_patches_row_by_row(clip, images):
    tower = clip.image
    assert tower.grid == (4, 2)
    assert (tower.width, tower.size) == (64, 48)
    entered, out = into_norm(tower, images)
    assert out.shape == (2, 1 + 8, 48)
    patches, positions = tower.visual.conv1(images), tower.visual.positional_embedding
    torch.testing.assert_close(entered[:, 0], (tower.visual.class_embedding + positions[0]).expand(2, -1))
    for row, column in itertools.product(range(4), range(2)):
        place = 1 + row * 2 + column
        torch.testing.assert_close(entered[:, place], patches[:, :, row, column] + positions[place])


def test_the_camera_is_added_to_the_class_token_alone_and_before_the_positions(clip, images):
    camera = torch.randn(2, 1, 64, generator=torch.Generator().manual_seed(1))
    without, _ = into_norm(clip.image, images)
    entered, _ = into_norm(clip.image, images, camera)
    torch.testing.assert_close(entered[:, 0] - without[:, 0], camera[:, 0], atol=1e-6, rtol=0)
    assert torch.equal(entered[:, 1:], without[:, 1:])


@torch.no_grad()
def test_every_token_is_normalised_and_projected_at_the_end(clip, images):
    visual = clip.image.visual
    entered, out = into_norm(clip.image, images)
    x = visual.transformer(visual.ln_pre(entered))
    mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, unbiased=False, keepdim=True)
    normal = (x - mean) / (variance + 1e-5).sqrt() * visual.ln_post.weight + visual.ln_post.bias
    torch.testing.assert_close(out, normal @ visual.proj, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_appended_tokens_follow_the_patches_without_a_position_of_the_table(clip, small):
    images, tower = small.batch(samples=2).images[:, 0], clip.image
    extra = torch.randn(2, 2, 64, generator=torch.Generator().manual_seed(3))
    entered, _ = into_norm(tower, images)
    visual = tower.visual
    x = visual.transformer(visual.ln_pre(torch.cat([entered, extra], dim=1)))
    out = tower(images, appended=extra)
    assert out.shape == (2, 1 + 8 + 2, 48)
    torch.testing.assert_close(out, visual.ln_post(x) @ visual.proj)


@torch.no_grad()
def test_modalities_as_one_batch_are_modality_by_modality(clip, small):
    torch.manual_seed(1)
    branches, batch = Branches(clip.image, small.SPEC), small.batch(samples=4)
    class_tokens, patches = branches(batch)
    assert class_tokens.shape == (4, 3, 48)
    assert patches.shape == (4, 3, 8, 48)
    for m in range(3):
        tokens = clip.image(batch.images[:, m], branches.camera[batch.camera])
        torch.testing.assert_close(class_tokens[:, m], tokens[:, 0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(patches[:, m], tokens[:, 1:], atol=1e-5, rtol=1e-4)


def test_the_camera_table_starts_truncated_normal_and_changes_the_feature(clip, small):
    torch.manual_seed(0)
    branches = Branches(clip.image, BatchSpec(4, 50, SIZE))
    assert branches.camera.shape == (50, 1, 64)
    assert branches.camera.std().item() == pytest.approx(0.02, rel=0.05)
    batch = small.batch(samples=4)
    other = replace(batch, camera=batch.camera + 1)
    assert (branches(batch)[0] != branches(other)[0]).any()


def corner_aligned_bilinear(grid, new):
    """Bilinear resizing of a grid (h x w) of numbers with half-pixel centres, without antialiasing."""
    h, w = len(grid), len(grid[0])
    out = [[0.0] * new[1] for _ in range(new[0])]
    for i, j in itertools.product(range(new[0]), range(new[1])):
        y, x = max((i + 0.5) * h / new[0] - 0.5, 0), max((j + 0.5) * w / new[1] - 0.5, 0)
        top, left = int(y), int(x)
        bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
        down, along = y - top, x - left
        upper = grid[top][left] * (1 - along) + grid[top][right] * along
        lower = grid[bottom][left] * (1 - along) + grid[bottom][right] * along
        out[i][j] = upper * (1 - down) + lower * down
    return out


@pytest.mark.parametrize(("old", "new"), [((4, 3), (6, 2)), ((2, 2), (5, 5)), ((6, 6), (3, 2)), ((3, 4), (4, 3))])
def test_positions_are_resized_bilinearly_and_the_class_keeps_its_own(old, new):
    width = 3
    table = torch.randn(1 + old[0] * old[1], width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    resized = resize_positions(table, old, new)
    assert resized.shape == (1 + new[0] * new[1], width)
    assert torch.equal(resized[0], table[0])
    for channel in range(width):
        grid = table[1:, channel].reshape(old).tolist()
        expected = torch.tensor(corner_aligned_bilinear(grid, new), dtype=torch.float64)
        torch.testing.assert_close(resized[1:, channel].reshape(new), expected)


def test_positions_of_the_same_grid_are_left_alone():
    table = torch.randn(7, 3)
    assert resize_positions(table, (2, 3), (2, 3)) is table


def test_a_clip_of_another_image_size_is_the_same_but_for_its_positions(small, tmp_path):
    torch.manual_seed(0)
    trained = load_clip(small.BACKBONE, (64, 32))  # 8 x 4 patches, for which the small CLIP's table is made
    path = tmp_path / "small.pt"
    torch.save(small_state(trained), path)
    clip = load_clip(BackboneSettings(architecture="small", weights=str(path)), SIZE)
    ours, theirs = clip.image.state_dict(), trained.image.state_dict()
    for name in ours:
        expected = theirs[name]
        if name == "visual.positional_embedding":
            expected = resize_positions(expected, (8, 4), (4, 2))
        assert torch.equal(ours[name], expected), name


def small_state(clip):
    """The state of a CLIP under open_clip's names."""
    return {**clip.image.state_dict(), **clip.text.state_dict()}


def test_the_class_position_is_not_resized(small, tmp_path):
    torch.manual_seed(0)
    trained = load_clip(small.BACKBONE, (64, 32))
    path = tmp_path / "small.pt"
    torch.save(small_state(trained), path)
    clip = load_clip(BackboneSettings(architecture="small", weights=str(path)), (16, 64))
    assert clip.image.grid == (2, 8)
    assert clip.image.visual.positional_embedding.shape == (17, 64)
    assert torch.equal(clip.image.visual.positional_embedding[0], trained.image.visual.positional_embedding[0])


@pytest.mark.parametrize(
    ("architecture", "size", "near"),
    [
        ("small", (60, 32), "64 x 32"),
        ("small", (64, 35), "64 x 32"),
        ("vit_b_16", (250, 128), "256 x 128"),
        ("small", (3, 8), "8 x 8"),
    ],
)
def test_a_size_that_the_patch_does_not_divide_is_refused_with_the_nearest(architecture, size, near):
    settings = BackboneSettings(architecture=architecture, weights="random")
    for act in (check_backbone, load_clip):
        with pytest.raises(InputError, match=f"{size[0]} x {size[1]}.*{near}") as error:
            act(settings, size)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", [(0, 16), (32, 0), (-16, 16)])
def test_a_size_of_nothing_is_refused(small, size):
    with pytest.raises(InputError, match="image size"):
        check_backbone(small.BACKBONE, size)


def test_the_small_clip_and_the_published_one_have_their_sizes():
    with torch.device("meta"):
        clip = load_clip(BackboneSettings(weights="random"), (256, 128))
    assert sum(parameter.numel() for parameter in clip.image.parameters()) == 86_140_416
    assert (clip.image.width, clip.image.size, clip.image.grid) == (768, 512, (16, 8))
    with torch.device("meta"):
        vehicle = load_clip(BackboneSettings(weights="random"), (128, 256))
    assert vehicle.image.grid == (8, 16)
    assert not hasattr(clip.text, "vocabulary")


@pytest.mark.parametrize(("architecture", "blocks"), [("vit_b_16", 12), ("small", 3), ("small_wide", 3)])
def test_blocks_are_counted_without_building(architecture, blocks):
    settings = BackboneSettings(architecture=architecture, weights="random")
    assert count_image_blocks(settings) == blocks
    with torch.device("meta"):
        assert len(load_clip(settings, (64, 32)).image.visual.transformer.resblocks) == blocks


def test_the_small_stem_has_one_output_for_each_patch(small):
    for size, grid in (((64, 32), (8, 4)), ((32, 64), (4, 8)), ((8, 8), (1, 1)), ((24, 40), (3, 5))):
        tower = load_clip(small.BACKBONE, size).image
        assert tower.grid == grid
        assert tower.visual.conv1(torch.zeros(1, 3, *size)).shape[2:] == grid
