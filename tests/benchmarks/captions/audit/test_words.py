import pytest

from benchmarks.captions.audit.words import plain, says_unknown_published, says_unknown_strict, words


def test_words_stand_between_spaces_with_their_punctuation():
    assert words(" A man,  unknown\n(black) t-shirt. ") == ["A", "man,", "unknown", "(black)", "t-shirt."]
    assert words("") == []


@pytest.mark.parametrize(("word", "bare"), [("(Black)", "black"), ("t-shirt,", "t-shirt"), ("...", ""), ("UNKNOWN", "unknown")])
def test_a_plain_word_is_small_and_bare(word, bare):
    assert plain(word) == bare


@pytest.mark.parametrize(
    ("text", "published", "strict"),
    [
        ("Shoes are unknown here", True, True),
        ("none", True, True),
        ("an unclear view", True, True),
        ("Shoes are unknown.", False, True),
        ("Unknown shoes", False, True),
        ('shoes: "NONE"', False, True),
        ("unclear/fuzzy", False, False),
        ("unknowns and nonetheless", False, False),
        ("", False, False),
    ],
)
def test_what_says_unknown_by_either_definition(text, published, strict):
    assert (says_unknown_published(text), says_unknown_strict(text)) == (published, strict)
