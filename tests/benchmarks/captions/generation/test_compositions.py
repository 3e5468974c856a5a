import json

import pytest

from benchmarks.captions.annotators.settings import EndpointSettings
from benchmarks.captions.composition.template import compose
from benchmarks.captions.generation.compositions import ByModel, by_template
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.common.errors import InputError

from ..annotators.chat_server import ChatServer, answer, error

pytest.importorskip("openai", reason="the client library of the chat API is an extra")

SETS = {
    ImageKey("train", "RGB", f"{number}.jpg"): {"gender": gender, "view": view}
    for number, (gender, view) in enumerate([("male", "side"), ("female", "back"), ("male", "front")])
}


@pytest.fixture
def server():
    server = ChatServer()
    server.response = lambda item, nth: answer(json.dumps({"caption": item.split("Template:\n")[1].strip()}))
    yield server
    server.close()


def by_model(server, folder, told, **changes):
    settings = EndpointSettings(name="llm", url=server.url, model="small", retries=0, timeout=5, input_price=1000)
    return ByModel(settings, folder, told.append, **changes)


def test_the_template_says_each_set():
    found = by_template("person", SETS)
    assert found.captions == {key: compose("person", "RGB", values) for key, values in SETS.items()}
    assert (found.failed, found.tally) == ({}, None)
    with pytest.raises(InputError, match="gender"):
        by_template("person", {ImageKey("train", "RGB", "a"): {"gender": "robot"}})


def test_a_model_is_asked_once_for_each_set_and_never_again(server, tmp_path):
    told = []
    first = by_model(server, tmp_path, told)("person", SETS)
    assert first.captions == {key: compose("person", "RGB", values) for key, values in SETS.items()}
    assert (first.tally.annotator, first.tally.images, first.tally.done, first.failed) == ("composer llm", 3, 3, {})
    assert first.tally.usage.cost == pytest.approx(3 * 100 * 1000 / 1e6)
    assert [each.done for each in told] == [1, 2, 3]
    again = by_model(server, tmp_path, [])("person", SETS)
    assert (again.captions, again.tally.usage.requests, len(server.requests)) == (first.captions, 0, 3)


def test_a_text_that_adds_something_fails_with_its_reason(server, tmp_path):
    honest = server.response
    server.response = lambda item, nth: (
        answer(json.dumps({"caption": "A female seen from the back with a red backpack."}))
        if "back" in item
        else honest(item, nth)
    )
    found = by_model(server, tmp_path, [])("person", SETS)
    (key,) = found.failed
    assert key.item == "1.jpg" and found.failed[key].startswith("composer: invalid even after a repair")
    assert len(found.captions) == 2
    server.response = honest
    kept = by_model(server, tmp_path, [])("person", SETS)
    assert kept.failed == found.failed
    assert not by_model(server, tmp_path, [], retry_failed=True)("person", SETS).failed


def test_an_endpoint_that_answers_nobody_stops(server, tmp_path):
    server.response = lambda item, nth: error(401, "no such key")
    found = by_model(server, tmp_path, [])("person", SETS)
    assert len(found.failed) == 3 and found.captions == {}
    assert found.tally.not_asked == 3 and found.tally.stopped
