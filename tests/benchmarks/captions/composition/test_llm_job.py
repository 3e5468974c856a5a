import json

import pytest

from benchmarks.captions.annotators.settings import EndpointSettings
from benchmarks.captions.composition.llm_job import compose_texts
from benchmarks.captions.composition.template import compose
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.captions.schema.person import PERSON
from benchmarks.common.errors import InputError

from ..annotators.chat_server import ChatServer, answer

MALE, FEMALE = {"age": "adult", "gender": "male"}, {"age": "child", "gender": "female"}
SETS = {
    ImageKey("train", "RGB", "b.png"): FEMALE,
    ImageKey("train", "RGB", "a.png"): MALE,
    ImageKey("train", "RGB", "c.png"): MALE,
}


@pytest.fixture
def server():
    server = ChatServer()
    server.response = lambda question, nth: answer(
        json.dumps({"caption": "An adult male." if '"male"' in question else "A female with a red hat."})
    )
    yield server
    server.close()


@pytest.fixture
def write(server, tmp_path):
    settings = EndpointSettings(name="writer", url=server.url, model="m", retries=0, timeout=5, key_env=None)

    def write(**options):
        return compose_texts(SETS, PERSON, compose, settings, tmp_path / "answers.sqlite", **options)

    return write


def test_every_image_ends_with_a_text_or_a_reason_and_equal_attributes_are_paid_for_once(server, write):
    told = []
    texts = write(progress=told.append)
    assert texts.captions == {ImageKey("train", "RGB", item): "An adult male." for item in ("a.png", "c.png")}
    assert list(texts.captions) == sorted(texts.captions)
    assert list(texts.reasons) == [ImageKey("train", "RGB", "b.png")]
    assert "it states 'hat'" in texts.reasons[ImageKey("train", "RGB", "b.png")]
    assert (texts.tally.done, texts.tally.failed, len(told)) == (2, 1, 3)
    assert len(server.requests) == texts.tally.usage.requests == 3
    again = write()
    assert again.captions == texts.captions and again.reasons == texts.reasons and len(server.requests) == 3


def test_a_dry_run_asks_nothing_and_failures_are_asked_again_on_demand(server, write, tmp_path):
    assert write(dry_run=True).tally.not_asked == 3 and not server.requests
    assert not (tmp_path / "answers.sqlite").exists()
    write()
    server.response = lambda question, nth: answer(json.dumps({"caption": "A female child."}))
    texts = write(retry_failed=True)
    assert texts.captions[ImageKey("train", "RGB", "b.png")] == "A female child." and not texts.reasons
    assert len(server.requests) == 4


def test_a_missing_key_is_told(server, tmp_path):
    settings = EndpointSettings(name="writer", url=server.url, model="m", key_env="KEY_THAT_IS_NOT_SET")
    with pytest.raises(InputError, match="KEY_THAT_IS_NOT_SET"):
        compose_texts(SETS, PERSON, compose, settings, tmp_path / "answers.sqlite")
