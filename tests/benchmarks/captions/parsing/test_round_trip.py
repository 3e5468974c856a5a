"""The report of what comes back word for word: on made-up captions, and on all that are published."""

import json

import pytest

from benchmarks.captions.parsing.round_trip import RoundTrip, lines, round_trip, round_trip_of_files
from benchmarks.common.errors import InputError

GOOD = [
    "An adult male seen from the side during nighttime in dim lighting. He is wearing a black jacket with blue jeans, paired "
    "with casual sneakers. Short straight hair and he is wearing glasses. He is carrying a backpack. The image appears blurry.",
    "A adult female seen from the back. She is wearing a sweater with skirt, paired with none visible footwear. Long none "
    "visible hair and not wearing glasses. She is carrying none. The image appears clear.",
    "A child seen from the front during daytime in bright lighting. The person is wearing a dress. The person is dragging.",
]
BAD = {
    "A robot.": "opening of another form",
    "A tall robot.": "opening of another form",
    "An adult male  seen from the side.": "opening of another form",
    "An adult male seen from the side.  He is wearing a coat.": "spaces",
    "An adult. The person is not carrying a backpack, handbag, or suitcase.": "other wording of sentence 2",
}


def test_causes_are_counted_with_an_example_of_each():
    result = round_trip("person", [*GOOD, *BAD])
    assert (result.total, result.equal, result.plain) == (8, 3, 1)
    assert result.causes == {"opening of another form": 3, "spaces": 1, "other wording of sentence 2": 1}
    assert result.examples["opening of another form"] == "A robot."
    assert result.share == 3 / 8


def test_it_is_told_in_lines():
    first, *causes = lines(round_trip("person", [*GOOD, *BAD]))
    assert first == "3 of 8 captions come back word for word (37.50%), 1 from attributes alone"
    assert [line.split(", as in ")[0].split(maxsplit=1) for line in causes] == [
        ["3", "opening of another form"],
        ["1", "other wording of sentence 2"],
        ["1", "spaces"],
    ]


def test_vehicles_have_causes_of_their_own():
    result = round_trip(
        "vehicle", ["A Audi sedan.", "An Audi sedan.", "A sedan. Roof rack is present. License plate is visible."]
    )
    assert (result.equal, sorted(result.causes)) == (1, ["'a' for 'an', or 'an' for 'a'", "other wording of sentence 2"])


def test_what_a_modality_cannot_show_does_not_come_back():
    caption = "An adult. The person is wearing a red coat."
    assert round_trip("person", [caption]).equal == 1
    assert round_trip("person", [caption], "TIR").causes == {"other wording of sentence 2": 1}
    assert round_trip("person", ["An adult seen during daytime."], "TIR").causes == {"other wording of sentence 1": 1}


def test_results_add_up():
    whole = round_trip("person", GOOD) + round_trip("person", BAD)
    assert whole == round_trip("person", [*GOOD, *BAD])
    assert (RoundTrip().share, lines(RoundTrip())) == (
        1.0,
        ["0 of 0 captions come back word for word (100.00%), 0 from attributes alone"],
    )


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="unknown kind of objects"):
        round_trip("robot", GOOD)


def test_files_are_composed_for_the_modality_that_they_name(tmp_path):
    entries = json.dumps([{"item": "1.jpg", "description": "An adult. The person is wearing a red coat."}])
    paths = [tmp_path / name for name in ("train_TI.json", "test_RGB.json")]
    for path in paths:
        path.write_text(entries, encoding="utf-8")
    assert [(path, result.equal) for path, result in round_trip_of_files("person", paths).items()] == [
        *zip(paths, (0, 1), strict=True)
    ]


@pytest.mark.parametrize(
    ("object", "name", "captions", "whole", "plain", "least"),
    [("person", "rgbnt201", 14_361, 0.959, 0.719, 0.93), ("vehicle", "msvr310", 6_261, 0.967, 0.935, 0.947)],
)
def test_published_captions_come_back_word_for_word(published_captions, object, name, captions, whole, plain, least):
    files = round_trip_of_files(object, [published_captions / "next-text" / name])
    total = sum(files.values(), RoundTrip())
    for path, result in files.items():
        print(f"{name}/{path.name}: {lines(result)[0]}")
    print("\n".join(lines(total)))
    assert total.total == captions == total.equal + total.causes.total()
    assert total.share >= whole >= 0.95 and total.plain / total.total >= plain
    assert min(result.share for result in files.values()) >= least
