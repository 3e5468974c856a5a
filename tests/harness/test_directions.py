import json

import pytest
from pydantic import ValidationError

from benchmarks.common.errors import InputError
from harness.directions import Direction
from harness.manifest import manifest_path, read_manifest, write_manifest
from harness.suite import load_suite, manifest, plans

CHANCE = {"relation": "chance", "margin": 0.5, "why": "Nothing can be learned."}
BELOW = {"relation": "below", "row": "baseline", "why": "It has less to learn from."}


@pytest.fixture
def load(tiny, tmp_path):
    """Name, settings and plans of a suite of a baseline and a row with these expectations."""

    def load_with(expect, **replaced):
        runs = [{"method": "baseline"}, {"method": "next", "expect": expect}]
        name, suite = load_suite(str(tiny.write_suite(tmp_path / "mine.py", runs=runs, **replaced)))
        return name, suite, plans(name, suite)

    return load_with


def test_one_expectation_or_a_list_is_read(load):
    for expect, relations in ((BELOW, ["below"]), ([CHANCE, BELOW], ["chance", "below"]), ([], [])):
        first, second = load(expect)[2]
        assert first.expect == ()
        assert [each.relation for each in second.expect] == relations


def test_expectations_change_no_run_id(load):
    with_some, without = load([CHANCE, BELOW])[2][1], load([])[2][1]
    benchmark = without.load_benchmark(None, None)
    assert with_some.run_id(benchmark) == without.run_id(benchmark)
    assert with_some.resolved() == without.resolved()


def test_expectations_are_in_the_manifest_and_an_old_manifest_has_none(load, tmp_path):
    name, suite, planned = load([CHANCE, BELOW])
    write_manifest(tmp_path, manifest(name, suite, [(plan, plan.label) for plan in planned]))
    path = manifest_path(tmp_path, name)
    assert read_manifest(path).runs[1].expect == (Direction(**CHANCE), Direction(**BELOW))
    values = json.loads(path.read_text())
    for run in values["runs"]:
        del run["expect"]
    path.write_text(json.dumps(values))
    assert [run.expect for run in read_manifest(path).runs] == [(), ()]
    values["runs"][1]["expect"] = [{**BELOW, "added_later": 1}]
    path.write_text(json.dumps(values))
    assert read_manifest(path).runs[1].expect == (Direction(**BELOW),)


def test_in_a_grid_the_row_of_the_same_point_is_meant(load):
    planned = load([CHANCE, BELOW], grid={"schedule.epochs": [1, 2]})[2]
    expected = [[each.row for each in plan.expect] for plan in planned]
    assert expected == [[], [], ["", "baseline epochs=1"], ["", "baseline epochs=2"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row": "basline"}, r"mine: next: expect: unknown row 'basline'; did you mean 'baseline'\?"),
        ({"row": "next"}, "mine: next: expect: the row is compared with itself"),
        ({"row": ""}, "below: name the row to compare with"),
        ({"relation": "chance"}, "chance: chance is of no other row"),
        ({"relation": "level"}, "level: give a margin above 0"),
        ({"relation": "abov"}, "did you mean 'above'"),
        ({"margin": -1}, "greater than or equal to 0"),
        ({"why": ""}, "at least 1 character"),
        ({"margn": 1}, "unknown key 'runs.1.expect.0.margn'; did you mean 'runs.1.expect.0.margin'"),
    ],
)
def test_a_mistake_in_an_expectation_is_answered(load, change, message):
    with pytest.raises(InputError, match=message) as error:
        load({**BELOW, **change})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"relation": "chance"}, "at chance"),
        ({"relation": "chance", "margin": 0.5}, "at chance within 0.5 points"),
        ({"relation": "above", "row": "a"}, "above “a”"),
        ({"relation": "below", "row": "a", "margin": 2}, "below “a” by 2 points"),
        ({"relation": "level", "row": "a", "margin": 1}, "level with “a” within 1 points"),
    ],
)
def test_an_expectation_is_told_in_words(values, words):
    assert Direction(why="x", **values).words == words


def test_an_expectation_says_why():
    with pytest.raises(ValidationError, match="why"):
        Direction(relation="chance")
