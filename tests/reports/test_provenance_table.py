import json

from harness.rows import collect
from reports.tables.provenance import provenance


def table_of(work):
    (table,) = provenance(collect(work)[0])
    return table


def test_each_run_has_a_line(folder, fake):
    work = folder.row("a", 0.5, finished=(0, 1)).row("b", 0.5, seeds=(0,)).write()
    table = table_of(work)
    run_id = fake.sha("a", "RGBNT201", 1)
    record = json.loads((work / "records" / f"{run_id}.json").read_text())
    cells = fake.grid(table)
    line = {heading: cell.text for heading, cell in cells[run_id[:8]].items()}
    assert line == {
        "Run": run_id[:8],
        "Row": "a",
        "Benchmark": "RGBNT201",
        "Seed": "1",
        "Epoch": "12",
        "Result": record["result_digest"][:8],
        "Split": record["split_fingerprint"][:8],
        "Caption": record["caption_fingerprint"][:8],
        "Weights": "–",
        "Commit": "c819354a-dirty",
        "Device": "cpu",
        "Threads": "2",
        "Environment": "A",
        "Cut captions": "4 of 300",
        "train": "813.3",
        "embed": "20.5",
        "rank": "0.4",
    }
    assert cells[fake.sha("a", "RGBNT201", 2)[:8]]["Epoch"].text == "not finished"
    assert len(table.rows) == 4
    assert table.section == "provenance"


def test_environments_are_told_apart_and_described(folder, fake):
    other = fake.make_environment(versions={"torch": "2.7.0"}, deterministic=False)
    table = table_of(folder.row("a", 0.5, seeds=(0,)).row("b", 0.5, seeds=(0,), environment=other).write())
    assert [row[12].text for row in table.rows] == ["A", "B"]
    text = "\n".join(note.text for note in table.notes)
    assert "Environment A: Python 3.11.7; numpy 2.1.3, torch 2.6.0; Linux-6.1, x86_64; deterministic." in text
    assert "Environment B: Python 3.11.7; torch 2.7.0; Linux-6.1, x86_64; not deterministic." in text


def test_what_a_run_lacks_is_a_dash(folder, fake):
    bare = {"captions": None, "environment": fake.make_environment(commit="", processor="")}
    table = table_of(folder.row("a", 0.5, seeds=(0,), durations={"train": 1.0}, **bare).row("b", 0.5, seeds=(0,)).write())
    cells = fake.grid(table)[fake.sha("a", "RGBNT201", 0)[:8]]
    assert (cells["Commit"].text, cells["Cut captions"].text, cells["rank"].text) == ("–", "–", "–")
