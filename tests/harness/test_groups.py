import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmarks.common.errors import InputError
from harness.catalogue import catalogue
from harness.executors import Event
from harness.groups import load_members, read_group, run_members
from harness.manifest import read_manifests
from harness.place import Place
from harness.records import record_path

FOUR_SEEDS = {"seeds": [0, 1, 2, 3]}
STRIDE = {"method.alignment.lam_stride": 2}
"""What Signal needs on images this small."""


@pytest.fixture
def write(tiny, tmp_path):
    """Two suites that share the row `next`, and a group of them; the group's keys may be replaced."""
    tiny.write_suite(tmp_path / "first.py", title="First", runs=[{"method": "baseline"}, {"method": "next"}])
    tiny.write_suite(tmp_path / "second.py", title="Second", runs=[{"method": "next"}, {"method": "signal", "set": STRIDE}])

    def write_group(**values):
        path = tmp_path / "night.py"
        values = {"title": "Night", "suites": ["first.py", "second.py"], **values}
        path.write_text("".join(f"{key} = {value!r}\n" for key, value in values.items() if value is not None))
        return str(path)

    return write_group


@pytest.fixture
def ran(monkeypatch):
    """What is handed to the processes, suite by suite; each run leaves a stand-in for its record."""
    calls = SimpleNamespace(tasks=[], jobs=[], ends={}, work=None)

    def run_local(tasks, place, jobs, threads, listen):
        calls.tasks.append([(task.plan.suite, task.plan.label, task.plan.seed) for task in tasks])
        calls.jobs.append(jobs)
        for task in tasks:
            kind, text = calls.ends.get((task.plan.suite, task.plan.label), ("finished", "mAP 1.0"))
            if kind == "finished":
                path = record_path(place.work_dir, task.run_id)
                path.parent.mkdir(exist_ok=True)
                path.touch()
            listen(Event(task, kind, text=text))

    monkeypatch.setattr("harness.session.run_local", run_local)
    monkeypatch.setattr("harness.session.read_record", lambda path: None)
    monkeypatch.setattr("harness.groups.suite_table", lambda tasks, work_dir: f"table of {len(tasks)} runs")
    return calls


def run(group, work, changes=None, **options):
    out = io.StringIO()
    values = {"seeds": (), "only": "", "device": "cpu", "jobs": 0, **options}
    failures = run_members(load_members(group, changes), Place(work), Console(file=out, width=200), **values)
    return failures, out.getvalue().splitlines()


def test_a_suite_is_its_own_only_member(write, tmp_path):
    write()
    (member,) = load_members(str(tmp_path / "first.py"), {"schedule.epochs": 7})
    assert (member.name, member.suite.title, member.suite.schedule.epochs) == ("first", "First", 7)
    assert read_group(str(tmp_path / "first.py")) is None


def test_members_of_a_group_without_changes_are_the_suites_themselves(write):
    members = load_members(write())
    assert [(member.name, member.suite.title) for member in members] == [("first", "First"), ("second", "Second")]


def test_changes_of_a_group_give_its_members_names_of_their_own(write):
    members = load_members(write(set={**FOUR_SEEDS, "schedule.epochs": 5}))
    assert [(member.name, member.suite.title) for member in members] == [
        ("night-first", "Night: First"),
        ("night-second", "Night: Second"),
    ]
    assert {(member.suite.seeds, member.suite.schedule.epochs) for member in members} == {((0, 1, 2, 3), 5)}


def test_set_wins_over_the_group(write):
    members = load_members(write(set={"schedule.epochs": 5, "data.images_per_identity": 3}), {"schedule": {"epochs": 6}})
    assert {(member.suite.schedule.epochs, member.suite.data.images_per_identity) for member in members} == {(6, 3)}


def test_what_is_for_one_method_goes_to_the_suites_that_have_it(write):
    first, second = load_members(write(set={"signal.sim.enabled": False}), {"next.tmse.experts": 2})
    changed = {entry.method: entry.set for member in (first, second) for entry in member.suite.runs}
    assert changed == {"baseline": {}, "next": {"method.tmse.experts": 2}, "signal": {**STRIDE, "method.sim.enabled": False}}


def test_members_are_run_one_after_the_other_and_keep_a_manifest_each(write, tmp_path, ran):
    failures, out = run(write(set={"seeds": [0, 1]}), tmp_path / "work")
    assert failures == []
    assert ran.tasks == [
        [("night-first", label, seed) for label in ("baseline", "next") for seed in (0, 1)],
        [("night-second", "signal", seed) for seed in (0, 1)],
    ]
    assert [line for line in out if not line.startswith("[")] == [
        "night-first: 4 runs, 0 finished before",
        "table of 4 runs",
        "night-second: 4 runs, 2 finished before",
        "table of 4 runs",
    ]
    assert [manifest.suite for manifest in read_manifests(tmp_path / "work")] == ["night-first", "night-second"]


def test_a_group_leaves_the_manifest_of_the_suite_alone(write, tmp_path, ran):
    group = write(set={"schedule.epochs": 3})
    run(str(tmp_path / "first.py"), tmp_path / "work")
    before = (tmp_path / "work" / "suites" / "first.json").read_text()
    run(group, tmp_path / "work")
    assert (tmp_path / "work" / "suites" / "first.json").read_text() == before
    ids = [
        {run["id"] for run in json.loads(path.read_text())["runs"]} for path in (tmp_path / "work" / "suites").glob("*first*")
    ]
    assert len(ids) == 2
    assert not ids[0] & ids[1]


def test_seeds_rows_and_jobs_are_those_asked_for(write, tmp_path, ran):
    _, out = run(write(set=FOUR_SEEDS), tmp_path / "work", seeds=(7,), only="s*", jobs=5)
    assert ran.tasks == [[("night-second", "signal", 7)]]
    assert out[0] == "night-first: left out, no row matches --only s*"
    run(write(set=FOUR_SEEDS), tmp_path / "again", jobs=3)
    assert ran.jobs[1:] == [3, 3]
    run(write(set=FOUR_SEEDS), tmp_path / "own")
    assert ran.jobs[3:] == [2, 2]


def test_a_pattern_that_matches_nowhere_is_told_before_anything_runs(write, tmp_path, ran):
    with pytest.raises(InputError, match=r"unknown row \(--only\) 'signl'; did you mean 'signal'\?"):
        run(write(), tmp_path / "work", only="signl")
    assert ran.tasks == []


def test_every_member_is_checked_before_the_first_runs(write, tiny, tmp_path, ran):
    tiny.write_suite(tmp_path / "second.py", data={"identities_per_batch": 11})
    with pytest.raises(InputError, match="10 training identities are fewer than the 11 of a batch"):
        run(write(), tmp_path / "work")
    assert ran.tasks == []


def test_failures_of_one_member_do_not_keep_the_next_from_running(write, tmp_path, ran):
    ran.ends = {("first", "baseline"): ("input error", "the file is gone"), ("second", "signal"): ("failed", "RuntimeError: x")}
    with pytest.raises(InputError, match=r"^baseline on .* the file is gone; signal on .* RuntimeError: x$"):
        run(write(), tmp_path / "work")
    assert len(ran.tasks) == 2
    ran.ends.pop(("first", "baseline"))
    failures, _ = run(write(), tmp_path / "work")
    assert failures == ["signal on synthetic_person, seed 0: RuntimeError: x"]


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"titel": "x"}, "night.py: unknown key 'titel'; did you mean 'title'"),
        ({"suites": None, "suits": ["first.py"]}, "night.py: unknown key 'suits'; did you mean 'suites'"),
        ({"suites": []}, "night.py: suites: .* at least 1 item"),
        ({"title": None}, "night.py: the key 'title' is missing"),
        ({"suites": ["embeded"]}, "unknown suite 'embeded'; did you mean 'embedded'"),
        ({"suites": ["third.py"]}, "third.py: no such config file"),
        ({"suites": ["first.py", "first.py"]}, "night.py: suites: 'first' is named twice"),
        ({"suites": ["first.py", "night.py"]}, "night.py: suites: 'night' is a group itself; name its suites"),
        ({"runs": [{"method": "next"}]}, "night.py: has both runs and suites; a suite has runs, a group has suites"),
        (
            {"set": {"schedule.epoch": 3}},
            "first.py with set of .*night.py: unknown key 'schedule.epoch'; did you mean 'schedule",
        ),
        ({"set": {"shedule.epochs": 3}}, "set of .*night.py: unknown key 'shedule'; did you mean 'schedule'"),
        ({"set": {"idea.x": 3}}, "set of .*night.py.*: unknown .* 'idea'"),
    ],
)
def test_a_mistake_in_a_group_is_answered(write, replaced, message):
    with pytest.raises(InputError, match=message) as error:
        load_members(write(**replaced))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "message"), [("shedule.x", "--set: unknown key 'shedule'"), ("schedule.x", "with --set: unknown")]
)
def test_a_mistake_in_set_is_laid_to_set(write, key, message):
    with pytest.raises(InputError, match=message):
        load_members(write(), {key: 1})


def test_groups_are_listed_with_their_members(write, monkeypatch, tmp_path):
    path = write()
    monkeypatch.setattr("harness.catalogue.shipped", lambda kind: [path])
    out = io.StringIO()
    Console(file=out, width=400).print(catalogue("suites"))
    assert out.getvalue().strip().endswith("Night: first.py, second.py")
