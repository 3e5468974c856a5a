"""Answers that were paid for, in one SQLite file: each is kept as soon as it is received, and outlives the process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from ...common.errors import InputError
from .wire import Reply

_FORMAT = 1

_TABLES = """
CREATE TABLE exchanges (
    conversation TEXT NOT NULL,      -- hash of everything that is asked: image, instruction, model, parameters
    attempt INTEGER NOT NULL,        -- asked anew after a failure
    round INTEGER NOT NULL,          -- 1 the question, 2 the repair
    annotator TEXT NOT NULL,
    version TEXT NOT NULL,
    failure TEXT,                    -- why there is no reply; else NULL
    text TEXT NOT NULL,
    finish TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (conversation, attempt, round)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Failure:
    """A request that ended without a reply."""

    reason: str


@dataclass(frozen=True)
class Place:
    """Where an exchange stands."""

    conversation: str
    attempt: int
    round: int


class AnswerCache:
    """Exchanges with endpoints; safe to use from several threads.

    Every exchange is one transaction in SQLite's write-ahead log and on the disk before `keep` returns.

    Args:
        path: of the file, made where it is not there; None keeps everything in memory.

    Raises:
        InputError: the file cannot be written, is no cache of answers, or is one of another version.
    """

    def __init__(self, path: Path | None) -> None:
        self._where = str(path or "the cache in memory")
        self._lock = threading.Lock()
        with self._told():
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None, timeout=30)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._prepare()

    def _prepare(self) -> None:
        """Make the tables in a new file, in one transaction, and refuse the files of others."""
        (form,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        if form == 0 and tables:
            raise InputError(f"{self._where}: a data base of something else; choose another --out")
        if form == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={_FORMAT}; COMMIT;")
        elif form != _FORMAT:
            raise InputError(f"{self._where}: answers in form {form}, expected form {_FORMAT}; choose another --out")

    def __enter__(self) -> AnswerCache:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"{self._where}: cannot be written ({error.strerror}); choose another --out") from None
        except sqlite3.Error as error:
            raise InputError(
                f"{self._where}: cannot be used as a cache of answers ({error}); move it away, or choose another --out"
            ) from None

    def last_attempt(self, conversation: str) -> tuple[int, list[Reply | Failure]]:
        """Number of the last attempt (1 where there is none) and its exchanges, by round."""
        query = "SELECT attempt, failure, text, finish, input_tokens, output_tokens FROM exchanges WHERE conversation = ?"
        with self._told(), self._lock:
            rows = self._connection.execute(f"{query} ORDER BY attempt, round", [conversation]).fetchall()
        last = rows[-1][0] if rows else 1
        kept = [row[1:] for row in rows if row[0] == last]
        return last, [Reply(*rest) if failure is None else Failure(failure) for failure, *rest in kept]

    def keep(self, place: Place, annotator: str, version: str, reply: Reply | Failure) -> None:
        """Keep an exchange for good."""
        answer, failure = (reply, None) if isinstance(reply, Reply) else (Reply("", ""), reply.reason)
        asked = (place.conversation, place.attempt, place.round, annotator, version)
        row = (*asked, failure, answer.text, answer.finish, answer.input_tokens, answer.output_tokens)
        with self._told(), self._lock:
            self._connection.execute(f"INSERT INTO exchanges VALUES ({', '.join('?' * len(row))})", row)

    def tokens(self, annotator: str, version: str | None = None) -> tuple[int, int, int]:
        """Requests that were answered, and the input and output tokens of all of them.

        Args:
            annotator: whose.
            version: None for all of its versions.
        """
        query = "SELECT COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0) FROM exchanges"
        where = " WHERE annotator = ? AND failure IS NULL AND (? IS NULL OR version = ?)"
        with self._told(), self._lock:
            requests, sent, received = self._connection.execute(query + where, (annotator, version, version)).fetchone()
        return requests, sent, received


@contextmanager
def opened_cache(path: Path, dry_run: bool) -> Iterator[AnswerCache]:
    """The cache of a job, for one job at a time; a dry run makes no file and may go beside another job.

    Raises:
        InputError: another job is using the file, or it cannot be used.
    """
    if dry_run:
        with AnswerCache(path if path.exists() else None) as answers:
            yield answers
        return
    with AnswerCache(path) as answers:
        lock = FileLock(path.with_name(f"{path.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(f"{path}: another job is using these answers; wait for it, or choose another --out") from None
        try:
            yield answers
        finally:
            lock.release()
