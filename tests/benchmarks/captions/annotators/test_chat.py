import threading

import pytest

from benchmarks.captions.annotators.answers import InvalidAnswer
from benchmarks.captions.annotators.base import AnnotationFailed, AnnotatorStopped, Usage
from benchmarks.captions.annotators.cache import AnswerCache
from benchmarks.captions.annotators.chat import Chat, NotAsked, ask_nobody
from benchmarks.captions.annotators.wire import Reply, ask

QUESTION = [ask("how many?")]


class Script:
    """Sends what is written, and keeps what it was asked."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def __call__(self, messages):
        self.asked.append(messages)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return Reply(reply, "stop", 10, 1)


def number(text, last):
    if not text.isdigit():
        raise InvalidAnswer([f"{text} is no number"])
    return int(text)


@pytest.fixture
def cache():
    with AnswerCache(None) as cache:
        yield cache


@pytest.fixture
def chat(endpoint, cache):
    def make(send, **options):
        return Chat(endpoint(), "v", cache, send, **options)

    return make


def test_an_answer_is_asked_for_once(chat):
    send = Script("7")
    assert chat(send).talk(QUESTION, number) == (7, Usage(10, 1, 30 / 1e6, 1))
    assert chat(send).talk(QUESTION, number) == (7, Usage())
    assert len(send.asked) == 1


def test_an_invalid_answer_is_mended_once_and_told_what_was_wrong(chat):
    send = Script("seven", "7")
    value, usage = chat(send).talk(QUESTION, number)
    assert value == 7 and (usage.requests, usage.input_tokens) == (2, 20)
    question, said, complaint = send.asked[1]
    assert [question] == QUESTION and said == {"role": "assistant", "content": "seven"}
    assert "seven is no number" in complaint["content"]
    assert chat(send).talk(QUESTION, number) == (7, Usage())


def test_two_invalid_answers_are_a_failure_that_is_kept(chat):
    send = Script("seven", "siete")
    for requests in (2, 0):
        with pytest.raises(AnnotationFailed, match="invalid even after a repair: siete is no number") as failure:
            chat(send).talk(QUESTION, number)
        assert failure.value.usage.requests == requests


def test_a_first_answer_is_kept_though_the_repair_never_came(chat):
    with pytest.raises(AnnotatorStopped):
        chat(Script("seven", AnnotatorStopped("gone"))).talk(QUESTION, number)
    send = Script("7")
    assert chat(send).talk(QUESTION, number)[0] == 7
    assert len(send.asked) == 1 and len(send.asked[0]) == 3


def test_a_failed_request_is_kept_and_one_that_stops_is_not(chat):
    with pytest.raises(AnnotatorStopped):
        chat(Script(AnnotatorStopped("gone"))).talk(QUESTION, number)
    for script in (Script(AnnotationFailed("too late")), Script()):
        with pytest.raises(AnnotationFailed, match="too late"):
            chat(script).talk(QUESTION, number)


def test_failures_are_asked_again_on_demand_and_answers_never(chat):
    with pytest.raises(AnnotationFailed):
        chat(Script(AnnotationFailed("too late"))).talk(QUESTION, number)
    send = Script(AnnotationFailed("later"), "7")
    with pytest.raises(AnnotationFailed, match="later"):
        chat(send, retry_failed=True).talk(QUESTION, number)
    assert chat(send, retry_failed=True).talk(QUESTION, number)[0] == 7
    assert chat(send, retry_failed=True).talk(QUESTION, number) == (7, Usage())
    assert chat(send).talk(QUESTION, number) == (7, Usage())


def test_a_failure_of_this_call_is_not_asked_again_at_once(chat):
    send = Script(AnnotationFailed("too late"))
    with pytest.raises(AnnotationFailed, match="too late"):
        chat(send, retry_failed=True).talk(QUESTION, number)


def test_a_dry_run_answers_from_what_is_kept_alone(chat):
    with pytest.raises(NotAsked):
        chat(ask_nobody).talk(QUESTION, number)
    chat(Script("7")).talk(QUESTION, number)
    assert chat(ask_nobody).talk(QUESTION, number) == (7, Usage())


def test_equal_questions_at_the_same_time_are_asked_once(chat):
    waiting, go = threading.Event(), threading.Event()

    def slow(messages):
        waiting.set()
        go.wait(10)
        return Reply("7", "stop")

    shared, found = chat(slow), []
    threads = [threading.Thread(target=lambda: found.append(shared.talk(QUESTION, number))) for _ in range(4)]
    for thread in threads:
        thread.start()
    waiting.wait(10)
    go.set()
    for thread in threads:
        thread.join()
    assert sorted(usage.requests for _, usage in found) == [0, 0, 0, 1]


def test_an_estimate_is_the_mean_of_what_was_asked(chat):
    assert chat(Script()).estimate("x" * 400, "y" * 40, 300) == Usage(400, 10, (400 * 2 + 10 * 10) / 1e6, 1)
    chat(Script("7")).talk(QUESTION, number)
    assert chat(Script()).estimate("x" * 400, "y" * 40, 300) == Usage(10, 1, 30 / 1e6, 1)
