import re
from html.parser import HTMLParser

import pytest

from reports.render.html import render_html
from reports.report import build_report

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Texts of table cells, sources of images, and whether the tags are nested as they should be."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.sources, self.links, self.ids, self.open, self.visible = [], [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.sources += [values["src"]] if "src" in values else []
        self.links += [values["href"]] if "href" in values else []
        self.ids += [values["id"]] if "id" in values else []
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.visible.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def text(whole_report):
    return render_html(whole_report)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_tags_are_nested(page):
    assert page.open == []


def test_it_is_one_file_without_network_or_script(text, page):
    assert page.sources
    assert all(source.startswith("data:image/") for source in page.sources)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"url\(|@import", text)


def test_ids_are_unique(page):
    assert len(set(page.ids)) == len(page.ids)


def test_sections_are_in_order(page):
    words = "".join(page.visible)
    places = [words.index(f"\n{title}\n") for title in ("Main comparison", "Modules of NEXT", "How to read this", "Provenance")]
    body = [words.rindex(title) for title in ("How to read this", "Environment A")]
    assert places == sorted(places)
    assert body == sorted(body)


def test_user_text_is_escaped(text, page, fake):
    assert fake.NASTY in [row[0] for row in page.tables[0]]
    assert "<x>" not in text
    assert "<b>a red</b>" not in text
    assert "A man with <b>a red</b> coat." in "".join(page.visible)


def test_every_body_row_has_a_cell_for_each_column(page, whole_report):
    tables = [table for section in whole_report.sections for table in section.tables]
    for table, shown in zip(tables, page.tables, strict=False):
        body = shown[-len(table.rows) :]
        assert [[cell.text + cell.mark for cell in row] for row in table.rows] == body


def test_light_dark_narrow_and_print_are_styled(text):
    for wanted in ("prefers-color-scheme: dark", "@media print", "max-width: 40rem", "position: sticky", "overflow-x: auto"):
        assert wanted in text


def test_line_charts_are_vectors_and_pictures_are_not(page):
    kinds = {source.split(";")[0] for source in page.sources}
    assert kinds == {"data:image/svg+xml", "data:image/png"}


def test_a_page_without_any_finished_run_stands(folder):
    text = render_html(build_report(folder.row("a", 0.5, finished=()).write()))
    assert "0 of 3 runs finished." in text
    assert "<img" not in text
