import pytest

from benchmarks.common.errors import InputError
from harness.configs import find_config, merge, merge_sections, parse_assignments, read_config, shipped


def test_the_shipped_configs_are_found_by_name():
    assert {"embedded", "embedded_ablation", "rgbnt201"} <= set(shipped("suites"))
    assert {"baseline", "next", "signal"} <= set(shipped("methods"))
    assert find_config("suites", "embedded").name == "embedded.py"


@pytest.mark.parametrize("kind", ["suites", "methods", "schedules"])
def test_every_shipped_config_can_be_read(kind):
    assert shipped(kind) == sorted(shipped(kind))
    for name in shipped(kind):
        assert read_config(find_config(kind, name))


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(InputError, match=r"unknown suite 'embeded'; did you mean 'embedded'"):
        find_config("suites", "embeded")
    with pytest.raises(InputError, match=r"unknown suite 'x'; one of: .*embedded, "):
        find_config("suites", "x")


def test_a_path_is_taken_as_it_is(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("a = 1")
    assert find_config("suites", str(path)) == path
    with pytest.raises(InputError, match="none.py: no such config file"):
        find_config("suites", str(tmp_path / "none.py"))


def test_values_lie_over_those_of_the_bases(tmp_path):
    (tmp_path / "base.py").write_text("a = dict(x=1, y=dict(z=2, w=3))\nb = 4\nc = [1, 2]\n")
    (tmp_path / "mine.py").write_text('_base_ = ["base.py"]\na = dict(y=dict(z=5))\nc = [3]\n_own = 6\n')
    assert read_config(tmp_path / "mine.py") == {"a": {"x": 1, "y": {"z": 5, "w": 3}}, "b": 4, "c": [3]}


def test_the_values_are_plain(tmp_path):
    (tmp_path / "mine.py").write_text("a = dict(b=[dict(c=(1, 2))])\n")
    a = read_config(tmp_path / "mine.py")["a"]
    assert [type(a), type(a["b"]), type(a["b"][0]), type(a["b"][0]["c"])] == [dict, list, dict, tuple]


@pytest.mark.parametrize(
    "text",
    ["a = (", "a = 1 / 0", "import nothing_of_that_name", '_base_ = ["none.py"]', "raise ValueError", "a = undefined"],
)
def test_a_broken_file_is_told_in_one_line(tmp_path, text):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=r"mine.py: not a config in mmengine's text style") as error:
        read_config(tmp_path / "mine.py")
    assert "\n" not in str(error.value)


def test_a_change_is_laid_over_nested_values():
    base = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert merge(base, {"a.b": 4}) == {"a": {"b": 4, "c": {"d": 2}}, "e": 3}
    assert merge(base, {"a": {"c": {"f": 5}}}) == {"a": {"b": 1, "c": {"d": 2, "f": 5}}, "e": 3}
    assert merge(base, {"a.c": {"d": 6}, "a.c.f": 7}) == {"a": {"b": 1, "c": {"d": 6, "f": 7}}, "e": 3}
    assert merge(base, {"x.y.z": 8})["x"] == {"y": {"z": 8}}
    assert merge(base, {"a": {"c.d": 9}})["a"]["c"] == {"d": 9}


def test_a_plain_value_takes_the_place_of_settings_and_settings_that_of_a_plain_value():
    assert merge({"a": {"b": 1}}, {"a": 2}) == {"a": 2}
    assert merge({"a": 2}, {"a.b": 1}) == {"a": {"b": 1}}
    assert merge({"a": [1, 2]}, {"a": [3]}) == {"a": [3]}


def test_merging_leaves_its_arguments_alone():
    base, change = {"a": {"b": {"c": 1}}}, {"a.b.c": 2, "a": {"b": {"d": [3]}}}
    merge(base, change)
    assert base == {"a": {"b": {"c": 1}}}
    assert change == {"a.b.c": 2, "a": {"b": {"d": [3]}}}


def test_sections_take_settings_and_nothing_else():
    assert merge_sections({"a": {"b": 1}, "c": {}}, {"a.b": 2}, "--set") == {"a": {"b": 2}, "c": {}}
    with pytest.raises(InputError, match=r"--set: unknown key 'method'; did you mean 'methods'\?"):
        merge_sections({"methods": {}}, {"method.x": 1}, "--set")
    with pytest.raises(InputError, match=r"--set: a: expected settings, as in a.NAME=VALUE \(received 3\)"):
        merge_sections({"a": {}}, {"a": 3}, "--set")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("null", None),
        ("", None),
        ("[64, 32]", [64, 32]),
        ("{b: 1}", {"b": 1}),
        ("plain text", "plain text"),
        ("b=c", "b=c"),
        ("'3'", "3"),
        ("/a/b.pt", "/a/b.pt"),
    ],
)
def test_the_value_of_an_assignment_is_read_as_yaml(text, value):
    assert parse_assignments([f"a.key={text}"]) == {"a.key": value}


def test_a_later_assignment_wins():
    assert parse_assignments(["a=1", "b=2", " a =3"]) == {"a": 3, "b": 2}


@pytest.mark.parametrize("text", ["a", "=1", "a=[1", "a={", "a=2020-13-45", "a=!!python/name:os.system x"])
def test_an_assignment_that_cannot_be_read_is_refused(text):
    with pytest.raises(InputError, match="--set .*(expected key=value|is not a value)"):
        parse_assignments([text])
