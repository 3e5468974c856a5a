import threading
import time
from contextlib import closing

import pytest

from benchmarks.captions.annotators import side_by_side
from benchmarks.captions.annotators.side_by_side import Lane, run_lanes


def test_every_lane_works_on_every_task():
    results = list(run_lanes([Lane(lambda task: ("a", task), 3), Lane(lambda task: ("b", task), 1)], range(10)))
    assert sorted(results) == [(lane, task) for lane in "ab" for task in range(10)]
    assert [task for lane, task in results if lane == "b"] == list(range(10))


@pytest.mark.parametrize(("lanes", "tasks"), [(0, 5), (2, 0)])
def test_nothing_to_do(lanes, tasks):
    assert list(run_lanes([Lane(str, 2)] * lanes, range(tasks))) == []


def test_no_lane_takes_more_at_once_than_it_may():
    at_once, most, lock = 0, 0, threading.Lock()

    def work(task):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.005)
        with lock:
            at_once -= 1
        return task

    list(run_lanes([Lane(work, 3)], range(20)))
    assert most == 3


def test_an_error_of_the_work_is_raised_and_starts_nothing_more():
    started = []

    def work(task):
        started.append(task)
        if task == 2:
            raise ValueError("of the program")
        time.sleep(0.01)

    with pytest.raises(ValueError, match="of the program"):
        list(run_lanes([Lane(work, 1)], range(50)))
    assert started == [0, 1, 2]


def test_whoever_stops_listening_lets_work_under_way_end():
    ended = []

    def work(task):
        time.sleep(0.02)
        ended.append(task)
        return task

    with closing(run_lanes([Lane(work, 2)], range(50))) as results:
        next(results)
    assert 2 <= len(ended) <= 5


def test_work_that_hangs_is_left_behind(monkeypatch):
    monkeypatch.setattr(side_by_side, "GRACE", 0.05)
    hang = threading.Event()
    lanes = [Lane(lambda task: task == 0 or hang.wait(20), 2)]
    start = time.monotonic()
    with closing(run_lanes(lanes, range(5))) as results:
        next(results)
    assert time.monotonic() - start < 5
    hang.set()
