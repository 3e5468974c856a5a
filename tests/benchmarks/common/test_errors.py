import pytest

from benchmarks.common.errors import InputError, closest, unknown


def test_the_closest_come_first():
    options = ["baseline", "next", "signal", "next_large"]
    assert closest("nxt", options)[0] == "next"
    assert closest("sginal", options) == ["signal"]
    assert closest("NEXT", options)[0] == "next"
    assert closest("zzz", options) == []
    assert len(closest("next", [f"next{i}" for i in range(9)])) == 3
    assert len(closest("next", [f"next{i}" for i in range(9)], count=1)) == 1


def test_closest_keeps_the_options_own_spelling():
    assert closest("rgb", ["RGB", "NIR"]) == ["RGB"]


def test_unknown_answers_with_the_closest():
    error = unknown("method", "nxt", ["signal", "next"])
    assert isinstance(error, InputError)
    assert str(error) == "unknown method 'nxt'; did you mean 'next'?"


def test_unknown_answers_with_all_where_none_is_near():
    assert str(unknown("method", "zzz", ["signal", "next"])) == "unknown method 'zzz'; one of: next, signal"


def test_unknown_says_where():
    assert str(unknown("key", "a", ["b"], "file.py")).startswith("file.py: unknown key 'a'")


@pytest.mark.parametrize("options", [iter(["next", "signal"]), {"next": 1, "signal": 2}, {"next", "signal"}])
def test_options_may_be_any_iterable(options):
    assert "'next'" in str(unknown("method", "nexd", options))
