"""`harness data verify` and what bad folders do to `harness run`."""

import json
import shutil

import pytest
import trees

from benchmarks.verification.report import Report


def verify(tiny, *arguments):
    result = tiny.call("data", "verify", *arguments)
    assert "Traceback" not in result.err
    return result


def test_the_published_names_pass(tiny, tmp_path, published_captions, published_reference):
    root = trees.msvr310(tmp_path, published_captions, published_reference)
    captions = published_captions / "next-text" / "msvr310"
    result = verify(tiny, "msvr310", "--data-root", root, "--set", f"benchmark.captions={captions}")
    assert (result.status, result.err) == (0, "")
    assert "nothing is wrong" in result.out
    assert "gallery    1,055         155        8" in result.out


def test_json_is_one_document_and_the_status_says_that_something_is_off(tiny, tmp_path):
    result = verify(tiny, "market_mm", "--data-root", trees.market_mm(tmp_path), "--json")
    assert (result.status, result.err) == (1, "")
    report = json.loads(result.out)
    assert {"benchmark", "counts", "fingerprint", "problems"} <= set(report)
    assert set(report["counts"]) == {"train", "query", "gallery"}
    assert set(report["problems"][0]) == {"kind", "path", "message"}
    assert Report.model_validate(report).counts["gallery"]["samples"] == 26


def test_people_get_a_few_lines_of_each_kind(tiny, tmp_path):
    root = trees.market_mm(tmp_path)
    for path in sorted((root / "Market-1501-RGBNT" / "train" / "TI").iterdir())[:25]:
        path.unlink()
    result = verify(tiny, "market_mm", "--data-root", root)
    assert result.status == 1
    assert "missing_counterpart (25)" in result.out
    assert "and 15 more; --json lists all" in result.out
    assert "train/TI/0002_c1s1_000001_01.jpg: no such file, though RGB/0002_c1s1_000001_01.jpg exists" in result.out


def test_a_line_is_told_in_one_line_however_long_it_is(tiny, tmp_path):
    root = trees.market_mm(tmp_path)
    folder = tmp_path / "captions" / ("x" * 120)
    folder.mkdir(parents=True)
    result = verify(tiny, "market_mm", "--data-root", root, "--set", f"benchmark.captions={folder}")
    said = f"  {folder / 'test_TI.json'}: no such caption file; expected a JSON list of {{item, description}}"
    assert len(said) > 200
    assert said in result.out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["msvr310"], "give --data-root, the folder that holds MSVR310/"),
        (["msvr31", "--data-root", "."], "unknown benchmark 'msvr31'; did you mean 'msvr310'?"),
        (["msvr310", "--data-root", "no/such/folder"], "no/such/folder: no such folder (--data-root)"),
        (["synthetic_person"], "made, not read from files"),
        (["rgbnt100", "--data-root", ".", "--set", "benchmark.layout=strip"], "unknown layout 'strip'"),
        (["market_mm", "--data-root", ".", "--set", "benchmark.caption=x"], "did you mean 'caption"),
    ],
)
def test_input_that_cannot_be_used_is_one_line(tiny, arguments, said):
    result = verify(tiny, *arguments)
    assert result.status == 2
    assert said in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("gone", ["train", "gallery"])
def test_a_role_that_is_gone_is_named(tiny, tmp_path, gone):
    root = trees.market_mm(tmp_path)
    shutil.rmtree(root / "Market-1501-RGBNT" / gone)
    result = verify(tiny, "market_mm", "--data-root", root)
    assert result.status == 2
    assert f"Market-1501-RGBNT/{gone}: no such folder; expected train and gallery" in result.err


def test_queries_that_follow_from_no_rule_are_asked_for(tiny, tmp_path):
    root = trees.market_mm(tmp_path)
    shutil.rmtree(root / "Market-1501-RGBNT" / "query")
    result = verify(tiny, "market_mm", "--data-root", root)
    assert result.status == 2
    assert "query: no such folder; which images are queries does not follow from the gallery's names" in result.err


RUN = ("--only", "baseline", "--set", "method.backbone.architecture=small", "--set", "method.backbone.weights=random")
RUN += ("--set", "benchmark.image_size=[64,32]", "--set", "schedule.epochs=1", "--set", "schedule.warmup_epochs=0")
RUN += ("--set", "data.identities_per_batch=4", "--set", "data.images_per_identity=2", "--set", "profile.throughput=false")
RUN += ("--set", "seeds=[0]", "--set", "threads=1", "--set", "evaluation.every=0")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_corrupt_image_stops_a_run_with_its_name(tiny, tmp_path, workers):
    root = trees.market_mm(tmp_path / "data")
    broken = sorted((root / "Market-1501-RGBNT" / "query" / "NI").iterdir())[3]
    broken.write_bytes(broken.read_bytes()[:200])
    result = tiny.call(
        "run", "market_mm", "--data-root", root, "--work-dir", tmp_path / "w", *RUN, f"--set=data.workers={workers}"
    )
    assert result.status == 2
    assert f"{broken}: not a readable image" in result.err
    assert "--skip-corrupt" in result.err
    assert "Traceback" not in result.err


def test_a_corrupt_image_is_left_out_on_request_and_listed(tiny, tmp_path):
    root = trees.market_mm(tmp_path / "data")
    broken = sorted((root / "Market-1501-RGBNT" / "train" / "NI").iterdir())[3]
    broken.write_bytes(b"")
    result = tiny.call(
        "run", "market_mm", "--data-root", root, "--work-dir", tmp_path / "w", *RUN, "--set=data.workers=0", "--skip-corrupt"
    )
    assert (result.status, result.err) == (0, "")
    assert f"left out: train: {broken.name}: NI/{broken.name}: not a readable image" in result.out
    (record,) = [json.loads(path.read_text()) for path in (tmp_path / "w" / "records").glob("*.json")]
    assert record["counts"]["train"]["samples"] == 39
    assert len(record["left_out"]) == 1
    assert str(tmp_path) not in json.dumps(record)
