import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.records import (
    SCHEMA_VERSION,
    QueryResults,
    read_queries,
    read_record,
    record_path,
    result_digest,
    write_record,
)

OLD = Path(__file__).parent / "data" / "record_v1.json"


@pytest.fixture
def record():
    return read_record(OLD)


@pytest.fixture
def queries():
    return read_queries(OLD)


@pytest.fixture
def stored(tmp_path, record, queries):
    """A record in a work folder."""
    return write_record(tmp_path, record, queries)


def rewrite(path, **changes):
    values = json.loads(path.read_text())
    values.update(changes)
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not ...}))


def test_a_record_of_the_first_schema_still_loads(record, queries):
    assert (record.schema_version, record.method, record.seed, record.epoch) == (1, "next", 0, 2)
    assert record.metrics.mAP == pytest.approx(0.15075317961270637)
    assert (record.parameters.trainable, record.captions.captions, record.patches) == (205_455, 120, 32)
    assert [epoch.epoch for epoch in record.history] == [1, 2]
    assert (record.conditions, record.missing_filling) == ({}, "zeros")
    assert record.history[1].metrics == record.metrics
    assert record.monitors["kept/E2/TIR"] == 1
    assert len(queries.identity) == record.metrics.queries == 40
    assert queries.average_precision.mean() == pytest.approx(record.metrics.mAP)


def test_a_record_survives_the_round_trip(stored, record, queries, tmp_path):
    assert stored == record_path(tmp_path, record.id) == tmp_path / "records" / f"{record.id}.json"
    assert read_record(stored) == record
    found = read_queries(stored)
    for name in QueryResults.model_fields:
        np.testing.assert_array_equal(getattr(found, name), getattr(queries, name))
        assert getattr(found, name).dtype == getattr(queries, name).dtype


def test_conditions_survive_the_round_trip_in_their_order(tmp_path, record, queries):
    lower = record.metrics.model_copy(update={"mAP": 0.1})
    conditions = {"missing:RGB+TIR": lower, "NIR:blur:2": record.metrics, "missing:NIR": lower}
    tested = record.model_copy(update={"conditions": conditions, "missing_filling": "reconstruction"})
    found = read_record(write_record(tmp_path, tested, queries))
    assert found == tested
    assert list(found.conditions) == list(conditions)


def test_numbers_that_are_not_finite_survive(tmp_path, record, queries):
    odd = record.model_copy(update={"durations": {"train": math.inf, "rank": math.nan}, "monitors": {"x": -math.inf}})
    found = read_record(write_record(tmp_path, odd, queries))
    assert (found.durations["train"], found.monitors["x"]) == (math.inf, -math.inf)
    assert math.isnan(found.durations["rank"])


def test_the_same_record_gives_the_same_bytes(tmp_path, record, queries):
    paths = [write_record(tmp_path / name, record, queries) for name in ("a", "b")]
    for suffix in (".json", ".npz"):
        first, second = (path.with_suffix(suffix).read_bytes() for path in paths)
        assert first == second


def test_the_json_comes_last(tmp_path, record, queries, monkeypatch):
    """A record that exists is whole, since its json stands for it."""

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.records.write_text", stop)
    with pytest.raises(KeyboardInterrupt):
        write_record(tmp_path, record, queries)
    assert [path.suffix for path in (tmp_path / "records").iterdir()] == [".npz"]


def test_keys_that_are_not_known_are_dropped_and_keys_with_a_default_may_lack(stored, record):
    environment = {**record.environment.model_dump(), "colour": "grey"}
    rewrite(stored, added_later={"a": 1}, environment=environment, patches=..., monitors=...)
    assert read_record(stored) == record.model_copy(update={"patches": 0, "monitors": {}})


def test_a_newer_schema_is_refused_even_where_its_keys_have_changed(stored):
    stored.write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1, "everything": "else"}))
    with pytest.raises(
        InputError, match=r"json: record schema 2 is newer than 1, which this version reads; update the harness"
    ):
        read_record(stored)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "{}", '{"schema_version": "x"}', "\udcff"])
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="x.json: not a record"):
        read_record(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ...}, "not a record .metrics: Field required"),
        ({"metrics": {"mAP": "high"}}, "not a record .metrics.mAP: "),
        ({"epoch_rule": "lucky"}, "not a record .epoch_rule: "),
    ],
)
def test_a_record_with_a_wrong_part_is_refused_naming_it(stored, changes, message):
    rewrite(stored, **changes)
    with pytest.raises(InputError, match=message):
        read_record(stored)


def test_a_missing_record_and_missing_queries_are_told(stored, tmp_path):
    with pytest.raises(InputError, match="no such record"):
        read_record(tmp_path / "none.json")
    stored.with_suffix(".npz").unlink()
    with pytest.raises(InputError, match=r"npz: missing beside its record"):
        read_queries(stored)


def test_queries_that_lack_an_array_are_refused(stored):
    np.savez(stored.with_suffix(".npz"), identity=np.arange(3))
    with pytest.raises(InputError, match="not the per-query results of a record"):
        read_queries(stored)


def test_damage_anywhere_in_the_queries_is_told_or_harmless(stored):
    """A flipped bit anywhere gives a clear error or leaves the arrays; nothing else is raised."""
    path = stored.with_suffix(".npz")
    content = path.read_bytes()
    refused = 0
    for position in range(0, len(content), 9):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        try:
            read_queries(stored)
        except InputError:
            refused += 1
    for size in range(0, len(content), 40):
        path.write_bytes(content[:size])
        with pytest.raises(InputError):
            read_queries(stored)
    assert refused > 20


def test_the_digest_leaves_out_what_a_repetition_cannot_reproduce(record, queries):
    digest = result_digest(record, queries)
    changes = {
        "suite": "another",
        "label": "another",
        "throughput": None,
        "memory": None,
        "durations": {},
        "environment": record.environment.model_copy(update={"python": "3.13"}),
        "result_digest": "x",
    }
    for name, value in changes.items():
        assert result_digest(record.model_copy(update={name: value}), queries) == digest, name


def test_the_digest_changes_with_everything_else(record, queries):
    changed = {
        "id": "x",
        "seed": 1,
        "epoch": 1,
        "metrics": record.metrics.model_copy(update={"R10": record.metrics.R10 + 1e-15}),
        "monitors": {},
        "conditions": {"missing:RGB": record.metrics},
        "missing_filling": "reconstruction",
        "history": record.history[:1],
        "gmacs": record.gmacs.model_copy(update={"published": 1.0}),
        "split_fingerprint": "x",
        "caption_fingerprint": "x",
        "weights_fingerprint": "x",
        "settings": {},
    }
    digests = {result_digest(record.model_copy(update={name: value}), queries) for name, value in changed.items()}
    for name in QueryResults.model_fields:
        values = getattr(queries, name).copy()
        values[-1] += 1
        digests.add(result_digest(record, queries.model_copy(update={name: values})))
    assert len(digests - {result_digest(record, queries)}) == len(changed) + 4


def test_a_record_is_named_by_its_method_and_variant(record):
    assert record.name == "next"
    assert record.model_copy(update={"variant": "mgfa"}).name == "next:mgfa"
