from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from benchmarks.synthetic.person.attributes import PERSON
from benchmarks.synthetic.person.poses import VIEWS

SCRIPT = Path(__file__).parents[3] / "bench" / "caption_statistics.py"


def test_weights_are_those_of_the_published_captions(published_captions: Path) -> None:
    """Per mille of identities in the RGB captions of NEXT-Text, computed again from the files."""
    spec = importlib.util.spec_from_file_location("caption_statistics", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    statistics = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(statistics)
    captions = statistics.read(published_captions / "next-text" / "rgbnt201", "RGB")
    found = {name: statistics.shares(captions, patterns) for name, patterns in statistics.PERSON.items()}
    front, back, side = found.pop("view")
    assert (front, back) == VIEWS[:2]
    assert side == pytest.approx(VIEWS[2] + VIEWS[3], abs=1)
    assert found == {name: list(attribute.weights) for name, attribute in PERSON.items() if attribute.published}
