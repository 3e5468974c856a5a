import pytest

from benchmarks.captions.composition import wording
from benchmarks.captions.parsing.accessories import parse_accessories
from benchmarks.captions.parsing.unparsed import Unparsed


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("carrying a backpack", {"carrying": "backpack"}),
        ("holding an umbrella", {"holding": "umbrella"}),
        ("carrying luggage", {"carrying": "luggage"}),
        ("carrying handbag", {"carrying": "handbag", wording.CARRYING: "bare"}),
        ("dragging", {"dragging": "something", wording.CARRYING: "bare"}),
        ("holding a phone and carrying a backpack", {"holding": "phone", "carrying": "backpack"}),
        ("holding a cup, carrying a bag, and dragging a sledge", {"holding": "cup", "carrying": "bag", "dragging": "sledge"}),
        ("carrying a bread and butter pudding", {"carrying": "bread and butter pudding"}),
        ("carrying none", {"carrying": "none", wording.CARRYING: "none"}),
        ("holding a none", {"holding": "none", wording.CARRYING: "a none"}),
        ("not carrying anything", {"carrying": "none"}),
        ("not holding or dragging anything", {"holding": "none", "dragging": "none"}),
        ("not holding, carrying, or dragging anything", {"holding": "none", "carrying": "none", "dragging": "none"}),
        ("not carrying a handbag", {"handbag": "no"}),
        ("not carrying a handbag or suitcase", {"handbag": "no", "luggage": "no"}),
        ("not carrying a handbag, backpack, or suitcase", {"handbag": "no", "backpack": "no", "luggage": "no"}),
        ("not carrying a backpack and not holding anything", {"backpack": "no", "holding": "none"}),
        (
            "not carrying a handbag, not carrying a backpack, and not dragging a suitcase",
            {"handbag": "no", "backpack": "no", "dragging": "none"},
        ),
    ],
)
def test_things_and_denials(text, values):
    assert parse_accessories(text) == values


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("carrying a backpack and holding a phone", "things in another order"),
        ("carrying a backpack and carrying a handbag", "things in another order"),
        ("carrying a carrying luggage", "a verb or 'none' in the place of a thing"),
        ("carrying", "a verb or 'none' in the place of a thing"),
        ("carrying nothing", "a verb or 'none' in the place of a thing"),
        ("holding a small item, possibly a phone", "a thing in more than a short phrase"),
        ("holding a umbrella", "article before a thing"),
        ("holding phone", "article before a thing"),
        ("not carrying a none", "'none' denied"),
        ("not carrying a tray", "something else than bags denied"),
        ("happy", "no carrying, holding or dragging where it belongs"),
    ],
)
def test_what_cannot_be_read_has_a_cause(text, cause):
    with pytest.raises(Unparsed) as caught:
        parse_accessories(text)
    assert caught.value.cause == cause
