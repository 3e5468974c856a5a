import base64
import io

import pytest
from PIL import Image

from benchmarks.captions.annotators.base import AnnotationFailed
from benchmarks.captions.annotators.pictures import data_url, media_type


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WebP"])
def test_the_type_is_told_by_the_bytes_which_are_sent_unchanged(form):
    file = io.BytesIO()
    Image.new("RGB", (4, 8), "red").save(file, form)
    start, _, content = data_url(file.getvalue()).partition(",")
    assert start == f"data:image/{form.lower()};base64"
    assert base64.b64decode(content) == file.getvalue()


@pytest.mark.parametrize("image", [b"", b"BM0000", b"<svg>", b"RIFF0000WAVE"])
def test_other_files_are_a_reason(image):
    with pytest.raises(AnnotationFailed, match="none of JPEG, PNG, GIF and WebP"):
        media_type(image)
