import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.common.errors import ImageError
from benchmarks.folders.images import cut_strip, read_image

from .helpers import paint, refused

NOISE = np.random.default_rng(0).integers(256, size=(8, 6, 3), dtype=np.uint8)


def write(path, image, **options):
    image.save(path, **{"format": "png", **options})
    return path


def test_three_channels_are_read_as_they_are(tmp_path):
    image = read_image(write(tmp_path / "a.jpg", Image.fromarray(NOISE)))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, NOISE)


def test_one_grey_channel_becomes_three_equal_ones(tmp_path):
    image = read_image(write(tmp_path / "a.jpg", Image.fromarray(NOISE[:, :, 0])))
    np.testing.assert_array_equal(image, np.stack([NOISE[:, :, 0]] * 3, axis=2))


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_real_jpeg_is_read(tmp_path, mode):
    image = read_image(
        write(tmp_path / "a.jpg", Image.new(mode, (6, 8), 200 if mode == "L" else (200, 200, 200)), format="jpeg")
    )
    assert image.shape == (8, 6, 3)
    assert abs(image.astype(int) - 200).max() <= 2


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("I;16", "png"), ("CMYK", "jpeg"), ("P", "png"), ("RGBA", "png"), ("LA", "png"), ("1", "png"), ("F", "tiff")],
)
def test_other_modes_are_refused(tmp_path, mode, kind):
    path = write(tmp_path / "a.jpg", Image.new(mode, (6, 8)), format=kind)
    assert refused(read_image, path) == f"{path}: the image has mode {mode}; expected 8-bit RGB or grey (L): convert the file"


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff"])
def test_what_is_no_image_is_refused_without_telling_the_path_twice(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert refused(read_image, path) == f"{path}: not a readable image (cannot identify image file)"


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    assert refused(read_image, tmp_path / "a.jpg") == f"{tmp_path / 'a.jpg'}: not a readable image (No such file or directory)"
    assert refused(read_image, tmp_path) == f"{tmp_path}: not a readable image (Is a directory)"


def test_a_file_that_is_cut_short_says_so(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(NOISE.repeat(8, 0).repeat(8, 1)).save(buffer, "jpeg")
    path = tmp_path / "a.jpg"
    path.write_bytes(buffer.getvalue()[:-200])
    with pytest.raises(ImageError, match="truncated") as error:
        read_image(path)
    assert str(error.value).count(str(path)) == 1


def test_random_damage_never_ends_in_another_error(tmp_path):
    rng = np.random.default_rng(0)
    for kind in ("jpeg", "png", "bmp", "gif"):
        buffer = io.BytesIO()
        Image.fromarray(NOISE).save(buffer, kind)
        for _ in range(60):
            content = bytearray(buffer.getvalue())
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
            path = tmp_path / "a.jpg"
            path.write_bytes(content[: int(rng.integers(len(content) // 2, len(content) + 1))])
            try:
                assert read_image(path).ndim == 3
            except ImageError as error:
                assert str(error).startswith(f"{path}: ")


def test_a_strip_has_three_tiles(tmp_path):
    tiles = cut_strip(tmp_path, NOISE)
    assert [tile.shape for tile in tiles] == [(8, 2, 3)] * 3
    for place, tile in enumerate(tiles):
        np.testing.assert_array_equal(tile, NOISE[:, 2 * place : 2 * place + 2])


@pytest.mark.parametrize("width", [1, 2, 4, 766])
def test_a_strip_of_another_width_is_refused(tmp_path, width):
    strip = read_image(paint(tmp_path / "a.jpg", (1, 2, 3), (width, 4)))
    assert refused(cut_strip, tmp_path / "a.jpg", strip) == (
        f"{tmp_path / 'a.jpg'}: {width} pixels wide; a strip of RGB, NIR and TIR has three tiles of equal width"
    )
