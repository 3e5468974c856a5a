import re

import pytest

from benchmarks.common.errors import InputError
from reports.write import write_report


@pytest.fixture
def work(folder):
    return folder.row("NEXT", 0.6, seeds=(0,)).pictures("NEXT", queries=1).row("a/../b", 0.5, seeds=(0,)).write()


@pytest.fixture(scope="module")
def written(fake, tmp_path_factory):
    """Files of a report in every format, in a folder that had to be made."""
    folder = fake.WorkFolder(tmp_path_factory.mktemp("work"))
    folder.row("NEXT", 0.6, experts=True).pictures("NEXT", queries=1).row("a/../b", 0.5).pictures(
        "a/../b", queries=1, experts=0
    )
    out = tmp_path_factory.mktemp("written") / "deep" / "out"
    return out, write_report(folder.write(), ["markdown", "latex", "html", "csv"], out)


def test_all_formats_are_written(written):
    out, paths = written
    assert all(path.is_file() and path.stat().st_size for path in paths)
    names = {path.name for path in paths if path.parent == out}
    assert names == {"report.md", "report.tex", "report.html", "runs.csv", "epochs.csv"}
    assert sorted(path for path in out.rglob("*") if path.is_file()) == sorted(paths)


def test_links_of_markdown_lead_to_figures(written):
    out, paths = written
    links = re.findall(r"^!\[.*\]\((.*)\)$", (out / "report.md").read_text(), re.MULTILINE)
    assert sorted(out / link for link in links) == sorted(path for path in paths if path.suffix == ".png")
    assert len(set(links)) == len(links) == 2 + 4 + 1
    assert all(re.fullmatch(r"figures/[a-z0-9-]+\.png", link) for link in links)


def test_latex_alone_draws_nothing(work, tmp_path, monkeypatch):
    monkeypatch.setattr("reports.report._draw", None)
    assert [path.name for path in write_report(work, ["latex"], tmp_path)] == ["report.tex"]


def test_a_format_named_twice_is_written_once(work, tmp_path):
    assert len(write_report(work, ["latex", "latex"], tmp_path)) == 1


def test_equal_records_give_equal_files(work, tmp_path):
    first, second = (write_report(work, ["markdown", "latex", "html"], tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_unknown_or_no_formats_are_refused(work, tmp_path):
    with pytest.raises(InputError, match=r"unknown format 'htm'; did you mean 'html'\?"):
        write_report(work, ["htm"], tmp_path)
    with pytest.raises(InputError, match="one or more of: markdown, latex, html, csv"):
        write_report(work, [], tmp_path)


def test_an_empty_work_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such work folder"):
        write_report(tmp_path / "none", ["html"], tmp_path)


def test_damaged_pictures_are_named(work, tmp_path, fake):
    path = work / "pictures" / f"{fake.sha('NEXT', 'RGBNT201', 0)}.npz"
    path.write_bytes(b"no pictures")
    with pytest.raises(InputError, match="not the pictures of a run"):
        write_report(work, ["html"], tmp_path)
