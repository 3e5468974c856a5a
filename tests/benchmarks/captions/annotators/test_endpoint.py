import pytest

from benchmarks.captions.annotators.base import AnnotationFailed
from benchmarks.captions.annotators.cache import AnswerCache
from benchmarks.captions.annotators.endpoint import EndpointAnnotator
from benchmarks.captions.annotators.wire import Reply
from benchmarks.captions.schema.attribute import ImageKey

from .chat_server import SCHEMA, good, image_of

KEY = ImageKey("train", "RGB", "a.png")


def annotator(endpoint, *texts):
    asked = []

    def send(messages):
        asked.append(messages)
        return Reply(texts[len(asked) - 1], "stop", 1, 1)

    return EndpointAnnotator(endpoint(), SCHEMA, AnswerCache(None), send), asked


def test_it_sends_the_instruction_and_the_image(endpoint):
    one, asked = annotator(endpoint, good())
    answer = one.annotate(KEY, lambda: image_of("a"))
    assert list(answer.attributes) == ["colour", "hat", "carrying"] and answer.usage.requests == 1
    text, image = asked[0][0]["content"]
    assert text["text"] == one.instruction.text("RGB") and image["image_url"]["url"].startswith("data:image/png;base64,")


def test_an_attribute_that_the_modality_cannot_show_is_a_problem(endpoint):
    one, asked = annotator(endpoint, good(), good(colour=None))
    answer = one.annotate(ImageKey("train", "NIR", "a.png"), lambda: image_of("a"))
    assert list(answer.attributes) == ["hat", "carrying"]
    assert "'colour' is no attribute that was asked for" in asked[1][2]["content"]


def test_what_is_missing_is_asked_for_once_and_then_let_be(endpoint):
    one, asked = annotator(endpoint, good(hat=None), good(hat=None))
    assert list(one.annotate(KEY, lambda: image_of("a")).attributes) == ["colour", "carrying"]
    assert "hat is missing" in asked[1][2]["content"]


def test_no_picture_is_asked_about_for_nothing(endpoint):
    one, asked = annotator(endpoint)
    with pytest.raises(AnnotationFailed, match="none of JPEG"):
        one.annotate(KEY, lambda: b"text")
    assert not asked


def test_its_version_names_model_and_instruction(endpoint):
    one, _ = annotator(endpoint)
    assert one.name == "local" and one.version == endpoint().version(one.instruction.version)
