"""What a user gets wrong is answered in one line on standard error, with status 2 and without a traceback."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.checkpoints import FORMAT_VERSION, read_checkpoint, write_checkpoint
from harness.manifest import manifest_path

ROOT = Path(__file__).resolve().parent.parent.parent
SMALL = ["--set", "method.backbone.architecture=small", "--set", "method.backbone.weights=random"]
RGBNT201 = ["run", "rgbnt201", *SMALL, "--set", "benchmark.image_size=[64, 32]", "--set", "data.identities_per_batch=4"]


@pytest.fixture
def refused(tiny, tmp_path, monkeypatch):
    """A command that is refused; gives the line. It runs in a folder of its own, where `work` would be made."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        result = tiny.call(*arguments)
        assert result.status == 2, (result.status, result.out, result.err)
        assert result.out == ""
        assert result.err.startswith("harness: error: ")
        assert result.err.count("\n") == 1
        assert result.err.endswith("\n")
        assert "Traceback" not in result.err
        return result.err.removeprefix("harness: error: ").rstrip("\n")

    return call


@pytest.fixture
def suite(tiny, tmp_path):
    """Writes a suite file and gives the command that runs it."""

    def command(*more, **changes):
        return ["run", str(tiny.write_suite(tmp_path / "mine.py", **changes)), "--work-dir", str(tmp_path / "work"), *more]

    return command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runn", "x"], "No such command 'runn'"),
        (["run"], "Missing argument 'SUITE'"),
        (["run", "embeded"], "unknown suite 'embeded'; did you mean 'embedded'"),
        (["run", "nowhere.py"], "nowhere.py: no such config file"),
        (["run", "embedded", "--seed", "1"], "No such option"),
        (["run", "embedded", "--seeds", "0,x"], "--seeds 0,x: expected whole numbers, as in 0,1,2"),
        (["run", "embedded", "--seeds", "1,1"], "seeds 1, 1: expected different numbers"),
        (["run", "embedded", "--seeds", "-1"], "seeds -1: expected different numbers from 0"),
        (["run", "embedded", "--only", "nxt"], "unknown row (--only) 'nxt'; did you mean 'next'"),
        (["run", "embedded", "--jobs", "-1"], "Invalid value for '--jobs'"),
        (["run", "embedded", "--device", "tpu"], "Invalid value for '--device'"),
        (["run", "embedded", "--set", "epochs"], "--set epochs: expected key=value"),
        (["run", "embedded", "--set", "shedule.epochs=1"], "unknown key 'shedule'; did you mean 'schedule'"),
        (["run", "embedded", "--set", "schedule.epoch=1"], "unknown key 'schedule.epoch'; did you mean 'schedule.epochs'"),
        (["run", "embedded", "--set", "next.tmse.expert=1"], "unknown key 'tmse.expert'; did you mean 'tmse.experts'"),
        (["run", "embedded", "--set", "schedule.optimizer=adm"], "did you mean 'adam'"),
        (["run", "embedded", "--set", "next=1"], "method: expected settings"),
        (["run", "embedded", "--set", "schedule.epochs=2"], "warmup_epochs 2 must be fewer than epochs 2"),
        (["list", "method"], "unknown kind 'method'; did you mean 'methods'"),
        (["profile", "nxt"], "unknown method 'nxt'; did you mean 'next'"),
        (["profile", "next:mfga"], "unknown variant of next 'mfga'; did you mean 'mgfa'"),
        (["profile", "next", "--benchmark", "rgbnt21"], "unknown benchmark 'rgbnt21'; did you mean 'rgbnt201'"),
        (["profile", "next", "--convention", "fvcore"], "Invalid value for '--convention'"),
        (["profile", "baseline", "--set", "benchmark.image_size=[250, 128]"], "250 x 128 is not divisible by the patch of 16"),
        (["evaluate", "none.pt", "--benchmark", "synthetic_person"], "none.pt: no such checkpoint"),
        (["evaluate", "none.pt"], "Missing option '--benchmark'"),
        (["rank", "none.npz"], "none.npz: no such file"),
        (["rank", "none.npz", "--protocol", "view"], "Invalid value for '--protocol'"),
        (["rank", "none.npz", "--max-rank", "0"], "Invalid value for '--max-rank'"),
        (["rank", "none.npz", "--rerank-k1", "30"], "--rerank-k1: does nothing without --rerank"),
        (["rank", "none.npz", "--rerank", "--rerank-k1", "0"], "--rerank: k1: input should be greater than or equal to 1"),
        (["rank", "none.npz", "--rerank", "--rerank-weight", "2"], "--rerank: weight: input should be less than or equal to 1"),
        (["run", "embedded", "--set", "evaluation.rerank.k3=1"], "unknown key 'evaluation.rerank.k3'; did you mean"),
        (
            ["check", "none", "--against", "published"],
            "none: no such work folder; `harness run SUITE --work-dir none` makes it",
        ),
        (["check", "."], "Missing option '--against'"),
        (["compare", ".", "a", "b"], "no suite was run here"),
        (["report", "none"], "none: no such work folder"),
        (["report", ".", "--format", "htm"], "htm"),
        (["data", "write", "rgbnt201", "--out", "x"], "rgbnt201 is read from files and cannot be written"),
        (["data", "write", "synthetic_persn", "--out", "x"], "unknown benchmark 'synthetic_persn'; did you mean 'synthetic_"),
        (["data", "write", "synthetic_person", "--out", "x", "--set", "method.x=1"], "unknown key 'method'; one of: benchmark"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_commands_that_cannot_be(refused, arguments, message, tmp_path):
    assert message in refused(*arguments)
    assert not (tmp_path / "work" / "suites").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"runs": [{"method": "basline"}]}, "unknown method 'basline'; did you mean 'baseline'"),
        ({"benchmarks": ["synthetic"]}, "unknown benchmark 'synthetic'; did you mean 'synthetic_person'"),
        ({"titel": 1}, "unknown key 'titel'; did you mean 'title'"),
        ({"benchmark": {"image_size": [60, 32]}}, "image size 60 x 32 is not divisible by the patch of 8 pixels of small"),
        ({"data": {"identities_per_batch": 81}}, "80 training identities are fewer than the 81 of a batch"),
        ({"method": {"backbone": {"architecture": "small", "weights": "none.pt"}}}, "none.pt: no such weight file"),
        (
            {"method": {"backbone": {"architecture": "small", "weights": "openai"}}},
            "'openai' is neither a file nor a tag of small",
        ),
        ({"method": {"backbone": {"weights": "shipped"}}, "benchmark": {"image_size": [64, 32]}}, "are of the small CLIP"),
        ({"evaluation": {"epoch_rule": "best-on-test", "every": 0}}, "best-on-test needs evaluation.every of 1 or more"),
        ({"custom_imports": ["nothing_of_that_name"]}, "custom_imports: No module named 'nothing_of_that_name'"),
    ],
)
def test_suites_that_cannot_run(refused, suite, changes, message):
    assert message in refused(*suite(**{"benchmark": {}, **changes}))


def test_a_suite_file_that_is_no_config(refused, tmp_path):
    (tmp_path / "mine.py").write_text("title = (\n")
    assert "mine.py: not a config in mmengine's text style" in refused("run", "mine.py")


def test_a_data_root_that_is_not_given_is_missing_or_is_another_folder(refused, tmp_path):
    assert "RGBNT201 is read from files: give --data-root" in refused(*RGBNT201)
    assert "none: no such folder (--data-root)" in refused(*RGBNT201, "--data-root", "none")
    assert "neither RGBNT201/train_171/ nor train_171/ is in it" in refused(*RGBNT201, "--data-root", str(tmp_path))


def test_a_benchmark_without_captions_for_a_method_that_needs_them(refused, tree_without_text):
    line = refused(*RGBNT201, "--data-root", str(tree_without_text), "--set", "signal.alignment.lam_stride=2")
    assert "rgbnt201: next: next needs captions and rgbnt201 has none here" in line
    assert "--only" in line


def test_fewer_identities_than_a_batch_takes(refused, tree):
    line = refused(*RGBNT201, "--data-root", str(tree), "--set", "data.identities_per_batch=11")
    assert "10 training identities are fewer than the 11 of a batch; lower data.identities_per_batch" in line


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_that_is_absent(refused, suite, trained):
    message = "--device cuda: torch sees no CUDA device here; use --device cpu"
    assert message in refused(*suite("--device", "cuda"))
    assert message in refused(
        "evaluate", str(trained.baseline.checkpoint), "--benchmark", "synthetic_person", "--device", "cuda"
    )
    assert message in refused("profile", "baseline", "--device", "cuda")
    assert message in refused("rank", "none.npz", "--device", "cuda")


def test_half_precision_on_a_cpu(refused, suite):
    assert "schedule.precision fp16 needs --device cuda" in refused(*suite("--set", "schedule.precision=fp16"))


def test_a_work_folder_that_cannot_be_written(refused, suite, tmp_path):
    (tmp_path / "work").write_text("a file")
    assert "work: cannot be written" in refused(*suite())
    (tmp_path / "file").write_text("a file")
    assert "cannot be written" in refused(*suite("--work-dir", str(tmp_path / "file" / "below")))


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished work folder, without its cache."""
    shutil.copytree(finished.work, tmp_path / "copy", ignore=shutil.ignore_patterns("cache"))
    return tmp_path / "copy"


def rewrite(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def commands(folder, finished):
    yield ["run", str(finished.suite), "--work-dir", str(folder)]
    yield ["check", str(folder), "--against", "published"]
    yield ["compare", str(folder), "next", "baseline"]
    yield ["report", str(folder)]


def test_records_of_a_newer_schema(refused, copied, finished):
    path = next((copied / "records").glob("*.json"))
    rewrite(path, schema_version=2)
    for command in commands(copied, finished):
        assert "record schema 2 is newer than 1, which this version reads; update the harness" in refused(*command)


def test_records_that_are_damaged(refused, copied, finished):
    path = next((copied / "records").glob("*.json"))
    path.write_text(path.read_text()[:500])
    for command in commands(copied, finished):
        assert "not a record" in refused(*command)


def test_queries_that_are_damaged_or_missing(refused, copied, finished):
    path = next((copied / "records").glob("*.npz"))
    for content in (path.read_bytes()[:300], b"", None):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        for command in list(commands(copied, finished))[1:]:
            line = refused(*command)
            assert "not the per-query results of a record" in line or "missing beside its record" in line


def test_manifests_that_are_damaged_or_newer(refused, copied, finished):
    path = manifest_path(copied, "tiny")
    for text, message in (("{", "not a manifest"), ('{"schema_version": 2}', "schema 2 is newer than 1")):
        path.write_text(text)
        for command in list(commands(copied, finished))[1:]:
            assert message in refused(*command)


def test_rows_that_are_not_there(refused, finished):
    assert "unknown row 'nxt'; did you mean 'next'" in refused("compare", str(finished.work), "nxt", "baseline")
    line = refused("check", str(finished.work), "--against", "published")
    assert "no finished row has a published reference; there are some for: " in line


def test_checkpoints_that_cannot_be_tested(refused, trained, tmp_path):
    checkpoint = trained.baseline.checkpoint
    good = read_checkpoint(checkpoint)
    damaged, newer, state, foreign = (tmp_path / f"{name}.pt" for name in ("damaged", "newer", "state", "foreign"))
    damaged.write_bytes(checkpoint.read_bytes()[:-1000])
    write_checkpoint(newer, {**good, "format": FORMAT_VERSION + 1})
    write_checkpoint(state, {"settings": {}, "model": good["model"], "epoch": 1})
    torch.save({"state_dict": good["model"]}, foreign)
    test = ["--benchmark", "synthetic_person"]
    for path, more, message in (
        (checkpoint, ["--method", "next"], "model.pt: holds 'baseline', not 'next'"),
        (checkpoint, ["--missing", "RGB,NIR,TIR"], "all modalities are missing"),
        (checkpoint, ["--missing", "IR"], "unknown modality 'IR'"),
        (checkpoint, ["--set", "schedule.epochs=6"], "unknown key 'schedule'; one of: benchmark, data"),
        (damaged, [], "damaged.pt: not a readable checkpoint"),
        (newer, [], "newer.pt: checkpoint format 2 is newer than 1; update the harness"),
        (state, [], "state.pt: a training state, not final weights; take `model.pt` of a finished run"),
        (foreign, [], "foreign.pt: not a checkpoint of this harness"),
        (tmp_path, [], "not a readable checkpoint"),
    ):
        assert message in refused("evaluate", str(path), *test, *more)


def test_embeddings_that_cannot_be_ranked(refused, tmp_path):
    path = tmp_path / "embeddings.npz"
    np.savez(path, query_embeddings=np.ones((2, 3)))
    assert "no array 'query_ids', which --protocol camera needs; arrays in it: " in refused("rank", str(path))
    arrays = {f"{role}_{what}": np.arange(2) for role in ("query", "gallery") for what in ("ids", "cameras")}
    np.savez(path, query_embeddings=np.ones((2, 3)), gallery_embeddings=np.ones((3, 3)), **arrays)
    assert "gallery: 3 embeddings, but [2, 2] identities and groups" in refused("rank", str(path))
    np.savez(path, query_embeddings=np.ones(2), gallery_embeddings=np.ones((2, 3)), **arrays)
    assert "query_embeddings has shape (2,); expected 2 dimensions" in refused("rank", str(path))
    np.savez(path, query_embeddings=np.ones((2, 3)), gallery_embeddings=np.ones((2, 4)), **arrays)
    assert "query embeddings have 3 dimensions, gallery embeddings 4" in refused("rank", str(path))
    none = {name: values[:0] for name, values in arrays.items()}
    np.savez(path, query_embeddings=np.ones((0, 3)), gallery_embeddings=np.ones((0, 3)), **none)
    assert "query: embeddings of shape (0, 3)" in refused("rank", str(path))
    arrays = {**arrays, "gallery_cameras": np.arange(2) + 1}
    np.savez(path, query_embeddings=np.ones((2, 3)), gallery_embeddings=np.ones((2, 3)), **arrays)
    assert "cannot be written" in refused("rank", str(path), "--per-query", str(path / "below.npz"))
    path.write_text("no npz")
    assert "embeddings.npz: not an npz of arrays" in refused("rank", str(path))


@pytest.mark.parametrize(
    "arguments",
    [["run", "rgbnt201", *SMALL, "--work-dir", "{tmp}"], ["evaluate", "none.pt", "--benchmark", "rgbnt201", "--json"]],
    ids=["run", "evaluate"],
)
def test_a_process_of_its_own_says_no_more(arguments, tmp_path):
    """Warnings of libraries included, which the process of the tests does not show."""
    arguments = [argument.format(tmp=tmp_path) for argument in arguments]
    command = [sys.executable, "-m", "harness", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("harness: error: ")
    assert result.stderr.count("\n") == 1
