from __future__ import annotations

from enum import Enum
from typing import Literal

import pytest
from pydantic import Field, ValidationError

from benchmarks.common.errors import InputError
from benchmarks.common.settings import FilePath, Settings, parse


class Colour(str, Enum):
    RED = "red"
    GREEN = "green"


class Leaf(Settings):
    size: int = Field(3, ge=1)
    """How large."""
    kind: Literal["round", "pointed", "lobed", "needle"] = "round"
    pair: Literal["one", "two"] = "one"


class Branch(Settings):
    leaf: Leaf = Leaf()
    other: Leaf | None = None
    many: tuple[Leaf, ...] = ()
    named: dict[str, Leaf] = {}


class Tree(Settings):
    height: float
    branch: Branch = Branch()
    colour: Colour = Colour.RED
    weights: FilePath = "openai"
    folder: FilePath | None = None


def refused(values, model=Tree, where="tree.py"):
    """The message of an InputError, which is one line that begins with the place."""
    with pytest.raises(InputError) as error:
        parse(model, values, where)
    message = str(error.value)
    assert message.startswith(f"{where}: ")
    assert "\n" not in message
    return message


def test_values_become_typed_settings():
    tree = parse(Tree, {"height": 2, "branch": {"leaf": {"size": 5}, "many": [{"kind": "lobed"}]}}, "tree.py")
    assert tree.height == 2.0
    assert tree.branch.leaf == Leaf(size=5)
    assert tree.branch.many == (Leaf(kind="lobed"),)
    assert tree.colour is Colour.RED


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        parse(Tree, {"height": 1}, "tree.py").height = 2


@pytest.mark.parametrize(
    ("values", "key", "near"),
    [
        ({"hight": 1}, "hight", "'height'"),
        ({"height": 1, "branch": {"lef": {}}}, "branch.lef", "'branch.leaf'"),
        ({"height": 1, "branch": {"leaf": {"siz": 1}}}, "branch.leaf.siz", "'branch.leaf.size'"),
        ({"height": 1, "branch": {"other": {"siz": 1}}}, "branch.other.siz", "'branch.other.size'"),
        ({"height": 1, "branch": {"many": [{}, {"siz": 1}]}}, "branch.many.1.siz", "'branch.many.1.size'"),
        ({"height": 1, "branch": {"named": {"a": {"siz": 1}}}}, "branch.named.a.siz", "'branch.named.a.size'"),
    ],
)
def test_an_unknown_key_is_answered_with_the_closest_at_its_place(values, key, near):
    message = refused(values)
    assert f"unknown key {key!r}" in message
    assert message.split("did you mean ")[1].startswith(near)


def test_a_key_that_is_missing_is_named():
    assert refused({}) == "tree.py: the key 'height' is missing"


def test_a_value_of_the_wrong_kind_is_shown():
    message = refused({"height": "tall"})
    assert "height: " in message
    assert "(received 'tall')" in message
    message = refused({"height": 1, "branch": {"leaf": {"size": 0}}})
    assert "branch.leaf.size: input should be greater than or equal to 1 (received 0)" in message


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [("kind", "rond", "round"), ("kind", "loobed", "lobed"), ("kind", "needles", "needle"), ("pair", "onee", "one")],
)
def test_a_mistyped_choice_is_answered_with_the_closest(key, value, near):
    message = refused({"height": 1, "branch": {"leaf": {key: value}}})
    assert message.endswith(f"did you mean {near!r}?")


def test_a_mistyped_member_of_an_enum_is_answered_too():
    assert refused({"height": 1, "colour": "gren"}).endswith("did you mean 'green'?")


def test_a_choice_that_is_far_off_gets_the_options_alone():
    message = refused({"height": 1, "branch": {"leaf": {"kind": "zzz"}}})
    assert "'round', 'pointed', 'lobed' or 'needle'" in message
    assert "did you mean" not in message


def test_a_section_that_is_no_mapping_is_refused():
    assert "branch: " in refused({"height": 1, "branch": 3})


def test_records_keep_the_last_part_of_a_path():
    tree = parse(Tree, {"height": 1, "weights": "/home/somebody/clip.pt", "folder": "../data/text/"}, "tree.py")
    dumped = tree.model_dump(mode="json")
    assert (dumped["weights"], dumped["folder"]) == ("clip.pt", "text")
    assert tree.model_dump()["weights"] == "/home/somebody/clip.pt"
    plain = parse(Tree, {"height": 1}, "tree.py").model_dump(mode="json")
    assert (plain["weights"], plain["folder"]) == ("openai", None)


def test_what_is_dumped_can_be_parsed_again():
    tree = parse(Tree, {"height": 1, "branch": {"many": [{}], "other": {"size": 9}}}, "tree.py")
    assert parse(Tree, tree.model_dump(mode="json"), "again") == tree
