import pytest

from benchmarks.captions.annotators.key import Key, read_key
from benchmarks.common.errors import InputError

KEY = "sk-live-1234567890-secret"


def test_a_key_comes_from_the_environment(endpoint, monkeypatch):
    monkeypatch.setenv("TEST_KEY", f" {KEY}\n")
    assert read_key(endpoint(key_env="TEST_KEY")).reveal() == KEY
    assert read_key(endpoint()).reveal() is None


@pytest.mark.parametrize("value", ["", "two words", "sk-\nlive-0123456789", "schlüssel-0123456789"])
def test_what_is_no_key_is_told_without_showing_it(endpoint, monkeypatch, value):
    monkeypatch.setenv("TEST_KEY", value)
    with pytest.raises(InputError, match="annotator 'local': the environment variable TEST_KEY") as error:
        read_key(endpoint(key_env="TEST_KEY"))
    assert "\n" not in str(error.value) and (not value or value not in str(error.value))


def test_no_form_of_it_shows_it():
    assert KEY not in f"{Key(KEY)} {Key(KEY)!r}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"bad key {KEY}!", True),
        ("bad key sk-live-1234... ", True),
        ("%73k-live-1234567890", True),
        (r'{"value": "\u0073k-live-1234567890"}', True),
        ("sk-live", False),
        ("an adult male with a black jacket", False),
        ("", False),
    ],
)
def test_a_good_part_of_it_is_found_plain_or_escaped(text, found):
    assert Key(KEY).is_in(text) is found
    assert not Key(None).is_in(text)


def test_a_short_key_is_found_whole():
    assert Key("abc").is_in("key abc") and not Key("abc").is_in("key ab c")
