import json

import pytest

from benchmarks.captions.annotators.base import AnnotationFailed
from benchmarks.captions.annotators.wire import REFUSED, Reply, ask, read_completion, said

from .chat_server import completion


def test_messages():
    assert ask("what?") == {"role": "user", "content": "what?"}
    assert ask("what?", "data:x")["content"][1] == {"type": "image_url", "image_url": {"url": "data:x"}}
    assert said("this") == {"role": "assistant", "content": "this"}


def test_a_completion():
    assert read_completion(completion("{}")) == Reply("{}", "stop", 100, 20)
    assert read_completion(completion(None, refusal="no")).finish == REFUSED


@pytest.mark.parametrize("usage", [None, [], {}, {"prompt_tokens": -1}, {"prompt_tokens": "many"}, {"prompt_tokens": 10**30}])
def test_tokens_that_are_not_counted_soundly_are_zero_and_the_answer_stays(usage):
    body = json.dumps({**json.loads(completion("{}")), "usage": usage})
    assert read_completion(body) == Reply("{}", "stop", 0, 0)


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"choices": []}', '{"choices": [{"message": {"content": 3}}]}'])
def test_anything_else_is_a_reason(body):
    with pytest.raises(AnnotationFailed, match="something else than a chat completion"):
        read_completion(body)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("", REFUSED), "refused"),
        (Reply("x", "content_filter"), "content filter"),
        (Reply("{", "length"), "cut off"),
        (Reply(" \n", "stop"), "empty"),
    ],
)
def test_replies_that_are_no_answer_are_reasons(reply, reason):
    with pytest.raises(AnnotationFailed, match=reason):
        reply.usable()


def test_any_other_end_is_an_answer():
    assert Reply("{}", "").usable() == Reply("{}", "eos").usable() == "{}"
