import io

import pytest
from made_captions import word_lengths, write_set
from PIL import Image

from benchmarks.captions.audit.audit import audit
from benchmarks.captions.audit.collection import find_sets
from benchmarks.common.errors import InputError
from reports.caption_sets import caption_sets, check_figure, write_figure


@pytest.fixture
def audits(tmp_path):
    for name in ("one", "two", "three"):
        write_set(tmp_path / "sets" / name)
    write_set(tmp_path / "sets" / "four", {"train_NI.json": [("a.jpg", "unknown")]})
    return [audit(source, files, word_lengths, None) for source, files in find_sets([tmp_path / "sets"]).items()]


def test_a_figure_of_one_set_and_of_several(audits):
    for some in (audits[:1], audits):
        drawing = caption_sets(some)
        assert Image.open(io.BytesIO(drawing.png)).size[0] == 1800
        assert drawing.svg is not None
        assert drawing.png == caption_sets(some).png
    assert "by the strict one (faint)" in drawing.caption


def test_bars_carry_the_figures_of_their_sets(audits):
    (four,) = (found for found in audits if found.modalities == ["NIR"])
    drawn = caption_sets([four]).svg.decode()
    assert "<!-- 100.00 -->" in drawn
    assert "faint: strict" in drawn
    assert "<!-- NIR -->" in drawn
    assert "<!-- RGB -->" not in drawn


def test_a_figure_is_written_by_the_end_of_its_name(audits, tmp_path):
    write_figure(tmp_path / "figure.PNG", audits)
    write_figure(tmp_path / "new" / "figure.svg", audits)
    assert (tmp_path / "figure.PNG").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "new" / "figure.svg").read_bytes()


@pytest.mark.parametrize("name", ["figure", "figure.pdf", "png"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="expected a name that ends with .png or .svg"):
        check_figure(tmp_path / name)
