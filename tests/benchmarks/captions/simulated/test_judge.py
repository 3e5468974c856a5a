from benchmarks.captions.schema.attribute import UNKNOWN, ImageKey
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.judge import Claim, judge
from benchmarks.captions.simulated.truth import truths_of
from benchmarks.synthetic.world import World

SCHEMA = schema_of("person")
WORLD = World(identities=5, images=4)


def rows(modality, **claims):
    """(known, right, confidence, completed) by attribute, of the first sample."""
    found = judge(SCHEMA, {"train": WORLD}, [(ImageKey("train", modality, WORLD.names[0]), claims)])
    columns = (found.known.tolist(), found.right.tolist(), found.confidence.tolist(), found.completed.tolist())
    return dict(zip(found.attribute.tolist(), zip(*columns, strict=True), strict=True))


def true_word(name):
    truth = truths_of(WORLD)[name]
    return truth.options[truth.value[0, 0]]


def test_right_wrong_unknown_and_nothing():
    wrong = next(word for word in SCHEMA.attributes["gender"].values if word != true_word("gender"))
    found = rows(
        "RGB",
        age=Claim(true_word("age"), 0.9),
        gender=Claim(wrong, 0.8, completed=True),
        hat=Claim(UNKNOWN, 0.4),
    )
    assert found["age"] == (True, True, 0.9, False)
    assert found["gender"] == (True, False, 0.8, True)
    assert found["hat"] == (False, False, 0.4, False)
    assert found["glasses"] == (False, False, 0.0, False)


def test_what_a_modality_cannot_show_is_no_pair():
    assert "upper_clothing_colour" in rows("RGB")
    assert rows("TIR").keys() == {name for name, kind in SCHEMA.attributes.items() if "TIR" in kind.frequency}


def test_a_part_is_taken_by_a_mask():
    found = judge(SCHEMA, {"train": WORLD}, [(ImageKey("train", "RGB", name), {}) for name in WORLD.names])
    part = found.take(found.attribute == "age")
    assert len(part.known) == len(WORLD) and set(part.identity.tolist()) == set(range(5))


def test_nothing_judged_is_empty():
    assert len(judge(SCHEMA, {"train": WORLD}, []).known) == 0
