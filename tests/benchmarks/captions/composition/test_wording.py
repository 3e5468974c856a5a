import pytest

from benchmarks.captions.composition import wording
from benchmarks.captions.schema.values import WORDING
from benchmarks.common.errors import InputError


def test_the_usual_choice_is_the_first():
    assert wording.choice({}, wording.ARTICLE) == "an"
    assert wording.choice({wording.ARTICLE: "a"}, wording.ARTICLE) == "a"
    assert all(key.startswith(WORDING) and len(choices) > 1 for key, choices in wording.CHOICES.items())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"wording.article": "the"}, "unknown value of wording.article 'the'"),
        ({"wording.articles": "a"}, "unknown wording 'wording.articles'; did you mean 'wording.article'"),
    ],
)
def test_other_choices_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        wording.check_wording(values)
    wording.check_wording({"age": "adult", "wording.article": "a"})
