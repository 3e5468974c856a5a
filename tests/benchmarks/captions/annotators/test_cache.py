import sqlite3
import subprocess
import sys
import threading

import pytest

from benchmarks.captions.annotators.cache import AnswerCache, Failure, Place, opened_cache
from benchmarks.captions.annotators.wire import Reply
from benchmarks.common.errors import InputError


def test_exchanges_are_kept_by_attempt_and_round(tmp_path):
    path = tmp_path / "folder" / "answers.sqlite"
    first, second = Reply("one", "stop", 5, 6), Reply("zwei \u00e4\x00", "stop")
    with AnswerCache(path) as cache:
        assert cache.last_attempt("c") == (1, [])
        cache.keep(Place("c", 1, 1), "a", "v", first)
        cache.keep(Place("c", 1, 2), "a", "v", Failure("no"))
        cache.keep(Place("other", 1, 1), "a", "v", first)
    with AnswerCache(path) as cache:
        assert cache.last_attempt("c") == (1, [first, Failure("no")])
        cache.keep(Place("c", 2, 1), "a", "v", second)
        assert cache.last_attempt("c") == (2, [second])


def test_tokens_are_those_of_answers_of_every_attempt():
    with AnswerCache(None) as cache:
        cache.keep(Place("c", 1, 1), "a", "v", Reply("x", "stop", 5, 6))
        cache.keep(Place("c", 2, 1), "a", "w", Reply("x", "stop", 50, 60))
        cache.keep(Place("d", 1, 1), "a", "v", Failure("no"))
        cache.keep(Place("e", 1, 1), "b", "v", Reply("x", "stop", 500, 600))
        assert cache.tokens("a") == (2, 55, 66)
        assert cache.tokens("a", "v") == (1, 5, 6)
        assert cache.tokens("nobody") == (0, 0, 0)


def test_the_log_is_written_ahead_and_synced(tmp_path):
    with AnswerCache(tmp_path / "a.sqlite") as cache:
        assert cache._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cache._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_what_is_kept_survives_a_process_that_is_killed_at_once(tmp_path):
    code = (
        "import os, sys; from pathlib import Path\n"
        "from benchmarks.captions.annotators.cache import AnswerCache, Place\n"
        "from benchmarks.captions.annotators.wire import Reply\n"
        "AnswerCache(Path(sys.argv[1])).keep(Place('c', 1, 1), 'a', 'v', Reply('paid', 'stop')); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "a.sqlite"
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    with AnswerCache(path) as cache:
        assert cache.last_attempt("c") == (1, [Reply("paid", "stop")])


def test_many_threads_keep_at_once(tmp_path):
    with AnswerCache(tmp_path / "a.sqlite") as cache:

        def keep(number):
            for place in range(20):
                cache.keep(Place(f"{number}/{place}", 1, 1), "a", "v", Reply("x", "stop", 1, 1))

        threads = [threading.Thread(target=keep, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert cache.tokens("a") == (160, 160, 160)


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "a.sqlite"
    path.write_text("this is no database, but it is long enough to look like one" * 10)
    with pytest.raises(InputError, match="cannot be used as a cache of answers"):
        AnswerCache(path)
    with sqlite3.connect(tmp_path / "b.sqlite") as other:
        other.execute("PRAGMA user_version=9")
    with pytest.raises(InputError, match="answers in form 9, expected form 1"):
        AnswerCache(tmp_path / "b.sqlite")
    with pytest.raises(InputError, match=r"cannot be written \(.*\); choose another --out"):
        AnswerCache(path / "below a file" / "c.sqlite")


def test_a_cache_serves_one_job_at_a_time_and_dry_runs_beside_it(tmp_path):
    path = tmp_path / "a.sqlite"
    with opened_cache(path, dry_run=True):
        assert not path.exists()
    with (
        opened_cache(path, dry_run=False),
        opened_cache(path, dry_run=True),
        pytest.raises(InputError, match="another job is using these answers"),
        opened_cache(path, dry_run=False),
    ):
        pass
    with opened_cache(path, dry_run=False):
        pass


def test_a_data_base_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "answers.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    connection.close()
    with pytest.raises(InputError, match="a data base of something else; choose another --out"):
        AnswerCache(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]
