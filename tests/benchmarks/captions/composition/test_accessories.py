import pytest

from benchmarks.captions.composition.accessories import compose_accessories


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, ""),
        ({"handbag": "yes"}, "He is carrying a handbag."),
        ({"luggage": "yes"}, "He is carrying a suitcase."),
        ({"carrying": "backpack", "backpack": "yes"}, "He is carrying a backpack."),
        ({"carrying": "school backpack", "backpack": "yes"}, "He is carrying a school backpack."),
        ({"dragging": "suitcase", "luggage": "yes"}, "He is dragging a suitcase."),
        ({"carrying": "none", "backpack": "yes"}, "He is carrying a backpack."),
        ({"holding": "phone", "backpack": "yes"}, "He is holding a phone and carrying a backpack."),
        (
            {"carrying": "bags", "holding": "umbrella", "dragging": "luggage"},
            "He is holding an umbrella, carrying bags, and dragging luggage.",
        ),
        ({"holding": "phone", "carrying": "none", "handbag": "no"}, "He is holding a phone."),
        ({"carrying": "none", "handbag": "no"}, "He is not carrying anything."),
        ({"carrying": "none", "holding": "none"}, "He is not holding or carrying anything."),
        ({"handbag": "no"}, "He is not carrying a handbag."),
        ({"handbag": "no", "backpack": "no", "luggage": "no"}, "He is not carrying a handbag, backpack, or suitcase."),
        (
            {"handbag": "no", "backpack": "no", "dragging": "none"},
            "He is not carrying a handbag, not carrying a backpack, and not dragging a suitcase.",
        ),
        ({"handbag": "no", "holding": "none"}, "He is not carrying a handbag and not holding anything."),
        ({"dragging": "something"}, "He is dragging something."),
        ({"dragging": "something", "wording.carrying": "bare"}, "He is dragging."),
        ({"carrying": "handbag", "wording.carrying": "bare"}, "He is carrying handbag."),
        ({"carrying": "none", "wording.carrying": "none"}, "He is carrying none."),
        ({"holding": "none", "wording.carrying": "a none"}, "He is holding a none."),
    ],
)
def test_what_is_carried_held_and_dragged(said, sentence):
    assert compose_accessories(said, "He") == sentence
