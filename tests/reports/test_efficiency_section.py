import pandas as pd
import pytest

from harness.efficiency.measurements import (
    MeasuredRow,
    MeasuredTable,
    Measurement,
    TrainingStep,
    write_measurement,
    write_table,
)
from harness.records import Environment, Gmacs, Memory, Parameters, Throughput
from reports.report import build_report
from reports.write import write_report

ROWS = {"baseline": (100.0, 0.2), "next": (50.0, 0.5), "not finished": None}
WHERE = {"python": "3.11", "platform": "Linux", "processor": "", "device": "A GPU", "threads": 1, "deterministic": False}


def measurement(number, label, setting, images, seconds, device="cuda", **changes):
    speed = {"device": "A GPU", "batch": 64, "warmup": 1, "repeats": 2, "threads": 1, "concurrent_runs": 1}
    values = {
        "id": number,
        "suite": "table",
        "method": label,
        "variant": "default",
        "size": "full",
        "precision": setting[0],
        "compiled": setting[1],
        "settings": {
            "measure": {"batch": 64, "identities": 8, "images": 8, "warmup": 1, "repeats": 2},
            "batch": {"image_size": [256, 128], "identities": 171},
            "threads": 1,
            "device": device,
        },
        "parameters": Parameters(trainable=94_800_000, total=120_000_000, test=94_000_000, test_trainable=94_000_000),
        "gmacs": Gmacs(attention=36.0, published=35.0),
        "throughput": Throughput(images_per_second=images, triplets_per_second=images / 3, precision=setting[0], **speed),
        "test_memory": Memory(peak_bytes=2**30, kind="cuda allocated"),
        "training": TrainingStep(
            seconds=seconds,
            triplets_per_second=64 / seconds,
            identities=8,
            images=8,
            precision=setting[0],
            optimizer="adam",
            warmup=1,
            repeats=2,
        ),
        "training_memory": Memory(peak_bytes=2**31, kind="cuda allocated"),
        "durations": {"total": 12.0},
        "environment": Environment(versions={"torch": "2.6"}, commit="0123456789", **WHERE),
    }
    return Measurement(**{**values, **changes})


@pytest.fixture
def work(tmp_path):
    """Two settings of two finished rows and one that is not; compiled, the training of `next` failed."""
    rows = []
    for setting in (("fp32", False), ("fp32", True)):
        for label, figures in ROWS.items():
            number = f"{label}-{setting[1]}".replace(" ", "-")
            plan = {"label": label, "method": label, "variant": "default", "precision": setting[0], "compiled": setting[1]}
            rows.append(MeasuredRow(id=number, **plan))
            if figures:
                failed = {"training": None, "training_memory": None, "problems": {"training": "Unsupported: a_thing"}}
                changes = failed if label == "next" and setting[1] else {}
                write_measurement(tmp_path, measurement(number, label, setting, *figures, **changes))
    table = {"suite": "table", "title": "Cost", "benchmark": "rgbnt201", "size": "full", "device": "A GPU"}
    write_table(tmp_path, MeasuredTable(reference="baseline", rows=rows, **table))
    return tmp_path


def test_a_folder_with_an_efficiency_table_alone_has_a_report(work):
    report = build_report(work)
    (section,) = report.sections
    assert section.title == "Cost: full size on A GPU"
    assert section.progress == "4 of 6 measurements finished."
    (conditions,) = section.sentences
    assert conditions.startswith("A GPU; images of 256 x 128, 171 identities (rgbnt201); test: batches of 64 triplets")
    assert "median of 2 after 1 for warm-up" in conditions
    assert [table.title.partition(" (")[0] for table in section.tables] == [
        "Size and cost",
        "Speed and memory, fp32",
        "Speed and memory, fp32, torch.compile",
    ]


def test_every_figure_has_its_ratio_beside_it(work):
    (section,) = build_report(work).sections
    _, plain, _ = section.tables
    assert [column.title for column in plain.columns[:5]] == ["Method", "triplets/s", "×", "images/s", "×"]
    texts = [[cell.text for cell in row] for row in plain.rows]
    assert texts[1][3:5] == ["50.0", "0.50"]
    assert texts[1][7:9] == ["500.0", "2.50"]
    assert texts[0][4] == "1.00"
    assert set(texts[2][1:]) == {"–"}
    assert any("Not finished: not finished" in note.text for note in plain.notes)


def test_a_failed_compilation_is_marked_and_told(work):
    (section,) = build_report(work).sections
    compiled = section.tables[2]
    assert compiled.rows[1][0].mark == "✗"
    assert compiled.rows[1][7].text == "–"
    assert any(
        note.mark == "✗" and "next, training: not compiled (Unsupported: a_thing)" in note.text for note in compiled.notes
    )


def test_printed_figures_stand_in_columns_of_their_own(work):
    (section,) = build_report(work).sections
    sizes = section.tables[0]
    printed = [index for index, column in enumerate(sizes.columns) if column.group == "Printed"]
    assert [sizes.rows[1][index].text for index in printed] == ["94.8", "44.8", "275.1"]
    assert [sizes.rows[0][index].text for index in printed] == ["–"] * 3
    assert any("RTX 4090" in note.text and "not measured here" in note.text for note in sizes.notes)


def test_a_busy_machine_is_told(work):
    for label, load in (("baseline", 0.5), ("next", 7.0)):
        write_measurement(work, measurement(f"{label}-False", label, ("fp32", False), 50.0, 0.5, load=load))
    notes = [note.text for note in build_report(work).sections[0].tables[1].notes]
    assert any("not idle" in note and note.endswith(": next.") for note in notes)


def test_all_formats_have_it(work, tmp_path):
    paths = write_report(work, ["markdown", "latex", "html", "csv"], tmp_path / "out")
    assert [path.name for path in paths] == ["report.md", "report.tex", "report.html", "efficiency.csv"]
    for path in paths[:3]:
        assert "not compiled" in path.read_text()
    frame = pd.read_csv(paths[3])
    assert len(frame) == 4
    assert frame.set_index(["row", "compiled"]).loc[("next", False), "training_step_ms_ratio"] == 2.5
    assert frame.set_index(["row", "compiled"]).loc[("next", True), "problems"] == "training: Unsupported: a_thing"


def test_it_stands_behind_the_suites_of_the_folder(folder, work, tmp_path):
    both = folder.row("NEXT", 0.6, seeds=(0,)).write()
    for path in (work / "efficiency").rglob("*.json"):
        target = both / path.relative_to(work)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert [section.title for section in build_report(both).sections][1:] == ["Cost: full size on A GPU"]
