import pytest

from benchmarks.captions.composition.english import article, join, listed, takes_article, with_article


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("adult", "an adult"),
        ("umbrella", "an umbrella"),
        ("unclear object", "an unclear object"),
        ("uniform", "a uniform"),
        ("unisex coat", "a unisex coat"),
        ("Orange bag", "an Orange bag"),
        ("dress", "a dress"),
        ("trousers", "trousers"),
        ("shopping bags", "shopping bags"),
        ("luggage", "luggage"),
        ("something", "something"),
        ("something unclear", "something unclear"),
    ],
)
def test_articles(phrase, expected):
    assert with_article(phrase) == expected
    assert takes_article(phrase) == (phrase != expected)


def test_the_article_follows_the_sound():
    assert [article(word) for word in ("teenager", "adult", "european", "Adult")] == ["a", "an", "a", "an"]
    assert [article(word) for word in ("SUV", "MG sedan", "sedan", "used sedan")] == ["an", "an", "a", "a"]


def test_lists():
    assert [listed(parts, "or") for parts in ("", "a", "ab", "abc")] == ["", "a", "a or b", "a, b, or c"]
    assert join("", "dark", "", "coat") == "dark coat"
