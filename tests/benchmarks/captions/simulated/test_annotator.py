import math
from types import MappingProxyType

import numpy as np
import pytest

from benchmarks.captions.annotators.base import AnnotationFailed
from benchmarks.captions.calibration import calibrate
from benchmarks.captions.schema.attribute import UNKNOWN, Group, ImageKey
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.annotator import SimulatedAnnotator, say, stated
from benchmarks.captions.simulated.settings import ANNOTATORS
from benchmarks.captions.simulated.truth import truths_of
from benchmarks.synthetic.world import World

SCHEMA = schema_of("person")
WORLD = World(identities=150, images=8)
WORLDS = MappingProxyType({"train": WORLD})
EXACT = ANNOTATORS[0].model_copy(
    update={
        "accuracy": {group: 0.8 for group in Group},
        "loss": {"RGB": 0.0, "NIR": 0.1, "TIR": 0.2},
        "sharpness": 1.0,
        "bias": 0.0,
    }
)


def nothing_is_read():
    raise AssertionError("a simulated annotator looks at no image")


@pytest.fixture(scope="module")
def truths():
    return truths_of(WORLD)


def answers(settings, truths, name="gender"):
    return say(settings, SCHEMA.attributes[name], truths[name], WORLD), truths[name]


def test_the_visible_is_right_as_often_as_stated(truths):
    rights = []
    for name in ("gender", "age", "upper_clothing", "hair_length", "hat"):
        said, truth = answers(EXACT, truths, name)
        known = truth.visible & (said.value >= 0)
        rights.append([(said.value == truth.value)[known[:, place], place] for place in range(3)])
    for place, expected in enumerate((0.8, 0.7, 0.6)):
        right = np.concatenate([each[place] for each in rights])
        assert right.mean() == pytest.approx(expected, abs=4 * math.sqrt(0.25 / len(right)))


def test_the_hidden_is_guessed_as_often_as_stated_and_the_visible_missed(truths):
    said, truth = answers(EXACT, truths, "glasses")
    hidden, seen = said.value[~truth.visible], said.value[truth.visible]
    assert (hidden >= 0).mean() == pytest.approx(EXACT.guess, abs=0.04)
    assert (seen < 0).mean() == pytest.approx(EXACT.miss, abs=0.03)
    guessed = ~truth.visible & (said.value >= 0)
    assert (said.value == truth.value)[guessed].mean() == pytest.approx(0.5, abs=0.06)


def test_without_distortion_the_stated_confidence_is_calibrated(truths):
    columns = []
    for name in truths:
        said, truth = answers(EXACT, truths, name)
        if truth.thing:
            continue
        known = said.value >= 0
        columns.append((said.confidence[known], (said.value == truth.value)[known]))
    confidence, right = (np.concatenate(column) for column in zip(*columns, strict=True))
    assert calibrate(confidence, right).expected_error < 0.01
    told = ANNOTATORS[0]
    assert told.bias > 0
    assert calibrate(stated(told, confidence.clip(0.01, 0.99)), right).expected_error > 0.05


def test_the_confidence_is_the_stated_function():
    settings = EXACT.model_copy(update={"sharpness": 0.6, "bias": 0.3})
    for p in (0.2, 0.5, 0.9):
        expected = 1 / (1 + math.exp(-(0.6 * math.log(p / (1 - p)) + 0.3)))
        assert stated(settings, np.array([p]))[0] == pytest.approx(expected)


def test_an_image_is_answered_alike_whatever_was_asked_before():
    item = WORLD.names[5]
    one, other = (SimulatedAnnotator(ANNOTATORS[0], SCHEMA, WORLDS) for _ in range(2))
    key = ImageKey("train", "NIR", item)
    first = one.annotate(key, nothing_is_read)
    other.annotate(ImageKey("train", "RGB", WORLD.names[9]), nothing_is_read)
    assert other.annotate(key, nothing_is_read) == first
    assert first.usage.requests == 0
    assert one.version == other.version != SimulatedAnnotator(EXACT, SCHEMA, WORLDS).version


def test_a_part_of_the_identities_is_answered_as_the_whole():
    part = World(identities=10, images=8)
    key = ImageKey("train", "RGB", part.names[0])
    whole, alone = (SimulatedAnnotator(ANNOTATORS[1], SCHEMA, {"train": world}) for world in (WORLD, part))
    assert whole.annotate(key, nothing_is_read) == alone.annotate(key, nothing_is_read)


def test_answers_name_what_the_modality_can_show_and_known_values():
    annotator = SimulatedAnnotator(ANNOTATORS[0], SCHEMA, WORLDS)
    for modality in ("RGB", "NIR", "TIR"):
        said = annotator.annotate(ImageKey("train", modality, WORLD.names[0]), nothing_is_read).attributes
        assert said.keys() == {name for name, kind in SCHEMA.attributes.items() if modality in kind.frequency}
        for name, each in said.items():
            assert each.value == UNKNOWN or each.value in SCHEMA.attributes[name].values
            assert each.annotator == "simulated-a"


def test_what_is_read_off_one_thing_is_told_together(truths):
    annotator = SimulatedAnnotator(ANNOTATORS[0], SCHEMA, WORLDS)
    for name in WORLD.names[:200]:
        said = annotator.annotate(ImageKey("train", "RGB", name), nothing_is_read).attributes
        carried = [said[each] for each in ("carrying", "dragging", "handbag", "backpack", "luggage")]
        assert len({each.confidence for each in carried}) == 1
        values = [each.value for each in carried]
        bag = values[1] if values[1] == "suitcase" else values[0]
        yes_no = ["yes" if bag == each else "no" for each in ("handbag", "backpack", "suitcase")]
        assert values[2:] == ([UNKNOWN] * 3 if values[0] == UNKNOWN else yes_no)


def test_a_strange_image_is_refused():
    annotator = SimulatedAnnotator(ANNOTATORS[0], SCHEMA, WORLDS)
    with pytest.raises(AnnotationFailed, match="no image of the embedded benchmark's train split"):
        annotator.annotate(ImageKey("train", "RGB", "b.jpg"), nothing_is_read)
