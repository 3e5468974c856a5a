import sqlite3
import threading

import pytest
import torch
from torch import nn

from benchmarks.common.errors import InputError
from harness.text_store import TextStore, tower_fingerprint

CPU = torch.device("cpu")


def features(texts, size=4, scale=1.0):
    return {text: scale * torch.arange(size) + number / 7 for number, text in enumerate(texts)}


def equal(found, expected):
    return found.keys() == expected.keys() and all(torch.equal(found[text], expected[text]) for text in expected)


def test_what_is_stored_is_read_to_the_bit_by_another_connection(tmp_path):
    first, second = (TextStore(tmp_path, "a" * 64, 4) for _ in range(2))
    stored = {**features(["A man.", "", "Ä ✓ 'quoted' \"twice\"; --"]), "odd": torch.tensor([1e-45, -0.0, 3e38, 0.1])}
    first.write(stored)
    assert equal(second.read([*stored, "not there"]), stored)
    assert TextStore(tmp_path, "a" * 64, 4).read(["not there"]) == {}
    assert second.read([]) == {}


def test_what_was_stored_first_stays(tmp_path):
    first, second = (TextStore(tmp_path, "a" * 64, 4) for _ in range(2))
    first.write(features(["text"]))
    second.write({**features(["text"], scale=5), **features(["other"])})
    assert equal(first.read(["text"]), features(["text"]))
    assert "other" in first.read(["other"])


def test_other_towers_have_other_files(tmp_path):
    TextStore(tmp_path, "a" * 64, 4).write(features(["text"]))
    assert TextStore(tmp_path, "b" * 64, 4).read(["text"]) == {}
    assert len(list(tmp_path.glob("*.sqlite"))) == 2


def test_a_large_batch_is_stored_and_read_whole(tmp_path):
    """More texts than a query of SQLite takes parameters."""
    stored = features([f"text {number}" for number in range(2_345)])
    store = TextStore(tmp_path, "a" * 64, 4)
    store.write(stored)
    assert equal(store.read(list(stored)), stored)


def test_several_writers_at_once_wait_for_each_other(tmp_path):
    errors = []

    def write(number):
        try:
            store = TextStore(tmp_path, "a" * 64, 4)
            for part in range(20):
                store.write(features([f"{number} {part}", "shared"]))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    texts = [f"{number} {part}" for number in range(4) for part in range(20)]
    assert len(TextStore(tmp_path, "a" * 64, 4).read([*texts, "shared"])) == 81


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "text").write_text("a file")
    with pytest.raises(InputError, match="unusable as the cache of encoded texts"):
        TextStore(tmp_path / "text", "a" * 64, 4)


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / f"{'a' * 32}.sqlite").write_bytes(b"no database" * 999)
    with pytest.raises(InputError, match=r"aaaa\.sqlite: unusable as the cache .* delete it"):
        TextStore(tmp_path, "a" * 64, 4)


def test_damage_that_shows_later_is_told(tmp_path):
    store = TextStore(tmp_path, "a" * 64, 4)
    store.write(features(["text"]))
    with pytest.raises(InputError, match="unusable as the cache"):
        TextStore(tmp_path, "a" * 64, 8).read(["text"])  # features of another length
    sqlite3.connect(tmp_path / f"{'a' * 32}.sqlite").execute("DROP TABLE features")
    with pytest.raises(InputError, match="no such table"):
        store.read(["text"])
    with pytest.raises(InputError, match="no such table"):
        store.write(features(["text"]))


def test_the_fingerprint_of_a_tower_changes_with_weights_device_and_long_texts():
    torch.manual_seed(0)
    tower = nn.Linear(3, 2)
    fingerprint = tower_fingerprint(tower, CPU, "truncate")
    assert fingerprint == tower_fingerprint(tower, CPU, "truncate")
    others = {tower_fingerprint(tower, CPU, "mean_of_chunks"), tower_fingerprint(tower, torch.device("cuda"), "truncate")}
    with torch.no_grad():
        tower.bias[1] += 1e-6
    others.add(tower_fingerprint(tower, CPU, "truncate"))
    assert len(others - {fingerprint}) == 3
