import io

import pytest
from made_captions import read_made, write_set
from rich.console import Console

from harness.captions.audit import audit_documents, audit_sets, audit_tables, printed_for

PARSERS = {"vehicle": lambda text: None, "person": read_made}


def shown(audits):
    out = io.StringIO()
    Console(file=out, width=250).print(audit_tables(audits))
    return out.getvalue()


def test_tokens_are_those_of_clip_with_start_and_end(tmp_path):
    text = "A caption. " * 24
    folder = write_set(tmp_path, {"train_RGB.json": [("a.jpg", text), ("b.jpg", text + "two more words"), ("c.jpg", "three")]})
    (found,) = audit_sets([folder], {})
    assert found.over("train", "RGB").longest == 24 * 3 + 3 + 2
    assert found.over("train", "RGB").over_context == 0
    (found,) = audit_sets([write_set(tmp_path, {"train_RGB.json": [("a.jpg", text + "with three more words")]})], {})
    assert found.over("train", "RGB").over_context == 1


def test_a_set_is_read_by_the_parser_that_reads_most_of_it(tmp_path):
    folder = write_set(tmp_path)
    assert audit_sets([folder], PARSERS)[0].document("all", "all")["contradictions"] == 1
    assert audit_sets([folder], {"vehicle": PARSERS["vehicle"]})[0].consistency is None
    assert audit_sets([folder], {})[0].consistency is None


def test_the_table_has_files_modalities_splits_and_all(tmp_path):
    lines = shown(audit_sets([write_set(tmp_path)], PARSERS)).splitlines()
    places = [tuple(line.split()[:2]) for line in lines if line.split()[:1] in (["train"], ["test"], ["all"])]
    files = [("train", "RGB"), ("train", "NIR"), ("train", "TIR"), ("test", "RGB")]
    parts = [("all", "RGB"), ("all", "NIR"), ("all", "TIR"), ("train", "all"), ("test", "all"), ("all", "all")]
    assert places == [*files, *parts]
    assert lines[0] == str(tmp_path)
    assert any("colour 1, gender 1" in line for line in lines)
    assert any(line.startswith("read:") for line in lines)


def test_without_a_parser_there_are_no_columns_of_it(tmp_path):
    text = shown(audit_sets([write_set(tmp_path)], {}))
    assert "contradict" not in text
    assert "strict %" in text


def test_an_unpublished_set_is_held_beside_nothing(tmp_path):
    found = audit_sets([write_set(tmp_path)], {})
    assert printed_for(found[0]) == {}
    assert audit_documents(found)[-1]["printed"] is None
    assert "prints" not in shown(found)


@pytest.mark.parametrize(
    ("captions", "rates", "over"), [("next-text", "9.8 / 1.69 / 0.69", "4.06"), ("idea-text", "40.36 / 50.99 / 43.53", "44.96")]
)
def test_published_captions_are_known_by_their_words(published_captions, captions, rates, over):
    (found,) = audit_sets([published_captions / captions / "rgbnt201"], {})
    text = shown([found])
    assert f"unknown rates of {rates} %, {over} % over all" in text
    whole = audit_documents([found])[-1]
    assert whole["words"] == whole["printed"]["all"]["words"]
    assert {name: each["words"] for name, each in whole["modalities"].items()} == {
        name: row["words"] for name, row in whole["printed"].items() if name != "all"
    }
    assert whole["over_77_tokens"] < 0.04


def test_few_captions_of_next_text_on_rgbnt201_are_long(published_captions):
    (found,) = audit_sets([published_captions / "next-text" / "rgbnt201" / "test_RGB.json"], {})
    assert found.over("test", "RGB").over_context == 7
