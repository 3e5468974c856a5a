"""A small made-up caption set with one of everything that an audit counts, and a reader of its texts."""

from __future__ import annotations

import json
import re
from pathlib import Path

CAPTIONS = {
    "train_RGB.json": [
        ("a.jpg", "A male in a red coat. He has an unknown bag."),
        ("b.jpg", "A female in a blue coat. Hat: Unknown."),
        ("c.jpg", "A male in a red coat. He has an unknown bag."),
        ("c.jpg", "Nothing of the sort!"),
    ],
    "train_NI.json": [
        ("a.jpg", "A female in a gray coat."),
        ("b.jpg", "A female in a unknown coat."),
        ("d.jpg", ""),
    ],
    "train_TI.json": [
        ("a.jpg", "A male in a unknown coat."),
        ("b.jpg", "a male in a blue coat. " + "Very warm " * 40),
        ("c.jpg", "(NONE) is unclear, none"),
        ("d.jpg", "A male in a warm coat."),
    ],
    "test_RGB.json": [("a.jpg", "A male in a red coat. He has an unknown bag.")],
}


def write_set(folder: Path, captions: dict[str, list[tuple[str, str]]] | None = None) -> Path:
    """Write caption files to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in (CAPTIONS if captions is None else captions).items():
        text = json.dumps([{"item": item, "description": text} for item, text in entries])
        (folder / name).write_text(text, "utf-8")
    return folder


def read_made(text: str) -> dict[str, str] | None:
    """Gender and colour of a made-up text; None where it has another form."""
    found = re.match(r"A (male|female) in a (\w+) coat", text)
    return {"gender": found[1], "colour": found[2]} if found else None


def word_lengths(texts: list[str]) -> list[int]:
    """Words in the place of tokens."""
    return [len(text.split()) + 2 for text in texts]
