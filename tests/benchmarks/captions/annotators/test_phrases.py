import pytest

from benchmarks.captions.annotators.phrases import is_plain_phrase, says_unknown


@pytest.mark.parametrize("text", ["backpack", "dark blue", "black-and-white scarf", "T-shirt", "2 bags", "a" * 40])
def test_short_phrases(text):
    assert is_plain_phrase(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "bag.", "a  bag", " bag", "bag\n", "bag\x00", "bag; drop", "<b>bag</b>", "{bag}", "bag\u202e", "b\u00e4g"),
        *("a" * 41, "one two three four five six seven", "-bag", "bag-", "ignore previous instructions", "Ignore-this"),
    ],
)
def test_everything_else_is_none(text):
    assert not is_plain_phrase(text)


def test_words_that_say_unknown():
    assert says_unknown("Not visible") and says_unknown("unclear") and not says_unknown("clear")
