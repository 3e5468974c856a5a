"""The made persons in the words of the caption schema."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...synthetic.draws import Bools
from ...synthetic.kinds import kind_of
from ...synthetic.person.attributes import PERSON, Bag
from ...synthetic.world import World
from .environment import environment
from .truth import Truth, Truths, of_words, read_off

_SAME = {
    "age": "age",
    "gender": "gender",
    "hair_length": "hair_length",
    "hair_style": "hair_style",
    "upper_clothing": "upper",
    "upper_clothing_colour": "upper_colour",
    "lower_clothing": "lower",
    "lower_clothing_colour": "lower_colour",
}
"""Attributes whose values have the same words in both."""
_NONE = "none"
_YES_NO = ("no", "yes")
_LUGGAGE = "suitcase"
_VIEWS = ("side", "back", "front")


def person_truths(world: World) -> Truths:
    """The truth of all samples of a world of persons."""
    rows = np.arange(len(world))
    visible = kind_of(world).visibility(world, rows)
    return {**_lasting(world, visible), **_carried(world, visible), **environment(world, _VIEWS)}


def _lasting(world: World, visible: Mapping[str, Bools]) -> dict[str, Truth]:
    """What a person is and wears."""
    people, row = world.people, world.visits.row
    truths = {}
    for name, ours in _SAME.items():
        own = PERSON[ours].values
        truths[name] = of_words(own, own, world.attributes[ours][row], visible[ours])
    for name, place in (("footwear_style", 0), ("footwear", 2)):
        words = [shoe.rpartition(" ")[place] for shoe in PERSON["footwear"].values]
        truths[name] = read_off("footwear", words, people.footwear[row], visible["footwear"])
    truths["glasses"] = of_words(_YES_NO, _YES_NO, people.glasses[row], visible["glasses"])
    truths["hat"] = of_words((_NONE, "cap"), (_NONE, "cap"), people.hat[row], visible["hat"])
    return truths


def _carried(world: World, visible: Mapping[str, Bools]) -> dict[str, Truth]:
    """What a person carries, holds and drags at the moment."""
    bag = world.people.bag[world.visits.row]
    bags = [word or _NONE for word in PERSON["bag"].values]
    words = {
        "carrying": [_NONE if word == _LUGGAGE else word for word in bags],
        "dragging": [word if word == _LUGGAGE else _NONE for word in bags],
        "handbag": _is(Bag.HANDBAG),
        "backpack": _is(Bag.BACKPACK),
        "luggage": _is(Bag.SUITCASE),
    }
    truths = {name: read_off("bag", each, bag, visible["bag"]) for name, each in words.items()}
    things = [word or _NONE for word in PERSON["held"].values]
    held = np.where(world.poses.holding, world.people.held[world.visits.row], 0)
    truths["holding"] = of_words(things, things, held, _hand_shown(held > 0, visible))
    return truths


def _is(kind: Bag) -> list[str]:
    """Whether each kind of bag is this one, in words."""
    return [_YES_NO[bag is kind] for bag in Bag]


def _hand_shown(holds: Bools, visible: Mapping[str, Bools]) -> Bools:
    """Whether (N, M) it shows what is held, or that nothing is.

    Nothing is seen to be held where the body is seen and details survive, which those of head or feet tell.
    """
    empty = visible["upper"] & (visible["hair_style"] | visible["footwear"])
    return np.where(holds[:, None], visible["held"], empty)
