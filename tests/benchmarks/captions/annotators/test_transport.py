import sys

import pytest

from benchmarks.captions.annotators.base import AnnotationFailed, AnnotatorStopped
from benchmarks.captions.annotators.transport import Transport
from benchmarks.captions.annotators.wire import ask
from benchmarks.common.errors import InputError

from .chat_server import Response, answer, completion, error, good

KEY = "sk-live-1234567890-secret"
QUESTION = [ask("what?")]


@pytest.fixture
def send(endpoint):
    opened = []

    def make(**changes):
        opened.append(Transport(endpoint(**changes)))
        return opened[-1]

    yield make
    for transport in opened:
        transport.close()


def test_a_missing_library_is_one_line_that_names_the_extra(endpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(InputError, match=r"install it with: pip install 'mmreid-harness\[mllm\]'"):
        Transport(endpoint())


def test_what_is_sent(server, send):
    server.script["what?"] = [answer(good())]
    assert send(body={"top_p": 0.5}, model="m", max_tokens=77)(QUESTION).text == good()
    send(temperature=None, max_tokens=None, json_mode=False)(QUESTION)
    (_, first), (_, second) = server.requests
    assert first == {
        **{"model": "m", "messages": QUESTION, "temperature": 0, "max_tokens": 77, "top_p": 0.5},
        "response_format": {"type": "json_object"},
    }
    assert second == {"model": "small", "messages": QUESTION}


def test_the_time_that_the_server_asks_for_is_waited(server, send):
    server.script["what?"] = [error(429, headers={"retry-after-ms": "300"}), answer(good(), finish="stop")]
    import time

    start = time.monotonic()
    send()(QUESTION)
    assert 0.3 <= time.monotonic() - start < 3 and len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_what_cannot_help_is_not_tried_again(server, send, status):
    server.script["what?"] = [error(status, "too \x1b[31mlarge\n" + "x" * 500)]
    with pytest.raises(AnnotationFailed) as failure:
        send(retries=5)(QUESTION)
    assert len(server.requests) == 1
    assert failure.value.reason.startswith(f"the endpoint refused the request ({status}): too [31mlarge xxx")
    assert failure.value.reason.isprintable() and len(failure.value.reason) < 180


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_refused_key_stops_at_once_and_for_good(server, send, status):
    server.script["what?"] = [error(status, "no")]
    transport = send(retries=5)
    for _ in range(3):
        with pytest.raises(AnnotatorStopped, match=f"annotator 'local': .*{status}"):
            transport(QUESTION)
    assert len(server.requests) == 1


def test_failures_in_a_row_stop_and_an_answer_between_them_does_not(server, send):
    bad = Response("<html>", 400)
    server.script["what?"] = [bad, bad, answer(good()), bad, bad, bad, answer(good())]
    transport = send(stop_after=3)
    for fails in (True, True, False, True, True, True):
        if fails:
            with pytest.raises(AnnotationFailed):
                transport(QUESTION)
        else:
            transport(QUESTION)
    with pytest.raises(AnnotatorStopped, match="no answer 3 times in a row; the endpoint refused the request"):
        transport(QUESTION)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "body",
    [
        completion(f"my key is {KEY}"),
        completion(r'{"hat": {"value": "\u0073k-live-1234567890-secret", "confidence": 1}}'),
        completion("{}", finish=KEY),
        completion("{}").replace('"id": "x"', f'"id": "{KEY}"'),
    ],
)
def test_an_answer_that_repeats_the_key_is_thrown_away(server, send, monkeypatch, body):
    monkeypatch.setenv("TEST_KEY", KEY)
    server.script["what?"] = [Response(body)]
    with pytest.raises(AnnotationFailed, match="repeats the key") as failure:
        send(key_env="TEST_KEY")(QUESTION)
    assert KEY not in failure.value.reason


LEFT_OUT, NONE = "(its message repeats the key and is left out)", "(no message)"


@pytest.mark.parametrize(
    ("message", "told"),
    [(f"Incorrect key {KEY}", LEFT_OUT), (f"key {KEY[:12]}...", LEFT_OUT), ([KEY], NONE), ({"deep": KEY}, NONE), ("no", "no")],
)
def test_an_error_that_repeats_the_key_is_told_without_it(server, send, monkeypatch, message, told):
    monkeypatch.setenv("TEST_KEY", KEY)
    server.script["what?"] = [error(400, message)]
    with pytest.raises(AnnotationFailed) as failure:
        send(key_env="TEST_KEY")(QUESTION)
    assert failure.value.reason == f"the endpoint refused the request (400): {told}"
    assert failure.value.__cause__ is None and failure.value.__suppress_context__
