"""Images as part of a request."""

from __future__ import annotations

import base64

from .base import AnnotationFailed

_STARTS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}


def media_type(image: bytes) -> str:
    """The media type of an image file, told by its first bytes and not by its name.

    Raises:
        AnnotationFailed: it is none of JPEG, PNG, GIF and WebP, which the chat API takes.
    """
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    kind = next((kind for start, kind in _STARTS.items() if image.startswith(start)), None)
    if kind is None:
        raise AnnotationFailed("the image is none of JPEG, PNG, GIF and WebP")
    return kind


def data_url(image: bytes) -> str:
    """The bytes of an image file, unchanged, as a data URL."""
    return f"data:{media_type(image)};base64,{base64.b64encode(image).decode()}"
