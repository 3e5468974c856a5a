import json

import pytest
from made_captions import CAPTIONS, read_made, word_lengths, write_set

from benchmarks.captions.audit.audit import audit
from benchmarks.captions.audit.collection import find_sets

STABLE = {
    "source",
    "split",
    "modality",
    "captions",
    "words",
    "mean_words",
    "unknown_rate",
    "over_77_tokens",
    "duplicates",
    "missing",
}
"""Keys that other code may rely on."""


@pytest.fixture
def found(tmp_path):
    ((source, files),) = find_sets([write_set(tmp_path / "set")]).items()
    return audit(source, files, word_lengths, read_made)


def test_one_document_for_each_file_and_one_over_all(found):
    documents = found.documents()
    places = [(each["split"], each["modality"]) for each in documents]
    assert places == [("train", "RGB"), ("train", "NIR"), ("train", "TIR"), ("test", "RGB"), ("all", "all")]
    for each in documents:
        assert set(each) >= STABLE
        assert set(each["unknown_rate"]) == {"published", "strict"}
        assert each["source"] == found.source
    assert json.loads(json.dumps(documents)) == documents


def test_figures_are_those_of_the_captions(found):
    first, whole = found.documents()[0], found.documents()[-1]
    assert (first["captions"], first["words"], first["mean_words"]) == (4, 34, 8.5)
    assert first["unknown_rate"] == {"published": 0.5, "strict": 0.75}
    assert (first["duplicates"], first["repeated_items"], first["missing"]) == (1, 1, 1)
    texts = [text for entries in CAPTIONS.values() for _, text in entries]
    assert whole["captions"] == len(texts)
    assert whole["words"] == sum(len(text.split()) for text in texts)
    assert whole["over_77_tokens"] == pytest.approx(1 / len(texts))
    assert whole["missing"] == 2
    assert (whole["duplicates"], whole["empty"]) == (1, 1)


def test_modalities_and_splits_stand_in_the_last_document(found):
    by_modality = found.documents()[-1]["modalities"]
    assert list(by_modality) == ["RGB", "NIR", "TIR"]
    assert by_modality["RGB"]["captions"] == 5
    assert by_modality["RGB"]["unknown_rate"]["published"] == 3 / 5
    assert sum(each["words"] for each in by_modality.values()) == found.documents()[-1]["words"]
    by_split = found.documents()[-1]["splits"]
    assert {name: each["captions"] for name, each in by_split.items()} == {"train": 11, "test": 1}


def test_contradictions_by_modality_and_over_all(found):
    documents = {(each["split"], each["modality"]): each for each in found.documents()}
    assert documents["all", "all"]["contradictions"] == 1
    assert documents["all", "all"]["contradicting_attributes"] == {"colour": 1, "gender": 1}
    assert documents["train", "TIR"]["contradicting_attributes"] == {"gender": 1}
    assert documents["test", "RGB"]["contradictions"] == 0
    assert documents["train", "TIR"]["parsed"] == 0.5


def test_without_a_parser_nothing_is_said_of_contradictions(tmp_path):
    ((source, files),) = find_sets([write_set(tmp_path / "set")]).items()
    for each in audit(source, files, word_lengths, None).documents():
        assert each["contradictions"] is each["parsed"] is each["contradicting_attributes"] is None
