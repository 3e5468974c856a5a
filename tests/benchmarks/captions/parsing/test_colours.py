import pytest

from benchmarks.captions.parsing.colours import is_colour
from benchmarks.captions.schema.person import PERSON


def test_known_colours_are_colours():
    for name in ("upper_clothing_colour", "lower_clothing_colour"):
        assert all(map(is_colour, PERSON.attributes[name].values))


@pytest.mark.parametrize(
    "text", ["off-white", "greenish", "dark-colored", "red and white striped", "light (likely beige or tan)"]
)
def test_hues_tones_and_patterns_are_colours(text):
    assert is_colour(text)


@pytest.mark.parametrize("text", ["", "unclear", "soft", "blackboard", "red, white", "black " * 6 + "black", "long red"])
def test_other_words_are_none(text):
    assert not is_colour(text)
