import json

from benchmarks.captions.parsing.round_trip import round_trip
from harness.captions.round_trips import round_trip_document, round_trip_lines

CAPTIONS = {"train_RGB.json": ["An adult. The person is wearing a red coat.", "A robot."], "train_TI.json": ["An adult."]}
FOUND = {name: round_trip("person", texts) for name, texts in CAPTIONS.items()}


def test_each_file_has_a_line_and_the_whole_its_causes():
    first, second, whole, cause = round_trip_lines(FOUND)
    assert first == "train_RGB.json: 1 of 2 captions come back word for word (50.00%), 1 from attributes alone"
    assert second.startswith("train_TI.json: 1 of 1 captions")
    assert whole == "2 of 3 captions come back word for word (66.67%), 2 from attributes alone"
    assert cause.split(maxsplit=1) == ["1", "opening of another form, as in 'A robot.'"]


def test_the_document_holds_the_same():
    document = round_trip_document(FOUND)
    whole = {"captions": 3, "word_for_word": 2, "from_attributes_alone": 2, "share": 2 / 3}
    assert document["all"] == {**whole, "causes": {"opening of another form": 1}}
    assert list(document["files"]) == list(CAPTIONS)


def test_the_verb_reads_folders_and_files(tiny, tmp_path):
    for name, texts in CAPTIONS.items():
        entries = [{"item": f"{place}.jpg", "description": text} for place, text in enumerate(texts)]
        (tmp_path / name).write_text(json.dumps(entries), encoding="utf-8")
    result = tiny.call("captions", "round-trip", "person", tmp_path)
    assert result.out.splitlines()[-2].startswith("2 of 3 captions")
    printed = json.loads(tiny.call("captions", "round-trip", "person", tmp_path / "train_RGB.json", "--json").out)
    assert printed["all"]["word_for_word"] == 1


def test_a_file_that_is_no_caption_file_is_one_line(tiny, tmp_path):
    result = tiny.call("captions", "round-trip", "person", tmp_path / "none")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"harness: error: {tmp_path / 'none'}: no such file or folder")
