import io

from rich.console import Console

from harness.captions.report import AnnotatorRow, CaptionReport
from harness.captions.tables import report_lines


def row(**changes):
    values = {"annotator": "a", "images": 30, "done": 28, "failed": 2, "not_asked": 0, "input_tokens": 12000}
    values |= {"output_tokens": 40, "cost": 1.5, "stopped": None, "reasons": {"a refusal": 2}}
    return AnnotatorRow(**{**values, **changes})


def shown(**changes):
    values = {"benchmark": "rgbnt201", "images": 30, "annotators": [row()], "composer": None}
    values |= {"captions": {"train_RGB.json": 28}, "failed": {}, "lost": 0, "dry_run": False}
    console = Console(file=io.StringIO(), width=200)
    for line in report_lines(CaptionReport(**{**values, **changes})):
        console.print(line)
    return console.file.getvalue().splitlines()


def test_counts_costs_reasons_and_files():
    lines = shown()
    assert lines[1].split() == ["a", "30", "28", "2", "0", "12,000", "40", "1.50"]
    assert "a: 2 x a refusal" in lines and "train_RGB.json: 28 captions" in lines


def test_what_lacks_is_told_and_the_rest_counted():
    failed = {f"train RGB {number}.jpg": "a: a refusal" for number in range(12)}
    lines = shown(failed=failed, lost=3)
    assert "3 answers are missing for images that another annotator answered for; --retry-failed asks again" in lines
    assert "no caption for 12 images; --retry-failed asks again" in lines
    assert "  train RGB 9.jpg: a: a refusal" in lines and "  train RGB 10.jpg: a: a refusal" not in lines
    assert "  and 2 more; --json lists all" in lines


def test_a_stop_a_composer_and_a_dry_run():
    stopped = row(stopped="refuses the key", reasons={"not asked": 30})
    lines = shown(annotators=[stopped], composer=row(annotator="composer c", reasons={}), captions={})
    assert "a stopped: refuses the key" in lines and not any("x not asked" in line for line in lines)
    assert any(line.startswith("composer c ") for line in lines)
    dry = shown(dry_run=True, captions={})
    assert "to ask" in dry[0] and "nothing was written" in dry[-1]
