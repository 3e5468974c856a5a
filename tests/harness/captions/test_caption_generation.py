"""The pipeline offline: simulated annotators on a small embedded benchmark, from images to a run that trains on it."""

import json
from typing import ClassVar

import pytest

from benchmarks.captions.annotators.wire import Reply
from benchmarks.captions.files import FILE_SUFFIX, read_entries
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.settings import ANNOTATORS

SMALL = {"train_identities": 5, "train_images": 4, "test_identities": 5, "test_images": 3}
SETTINGS = [part for name, value in SMALL.items() for part in ("--set", f"benchmark.{name}={value}")]
FILES = sorted(f"{split}_{suffix}.json" for split in ("train", "test") for suffix in FILE_SUFFIX.values())


@pytest.fixture(scope="module")
def generate(tiny):
    def call(out, *arguments, benchmark="synthetic_person", annotators="simulated"):
        settings = SETTINGS if benchmark.startswith("synthetic") else ()
        arguments = ("--annotators", annotators, "--out", out, *settings, *arguments)
        return tiny.call("captions", "generate", benchmark, *arguments)

    return call


@pytest.fixture(scope="module")
def generated(generate, tmp_path_factory):
    """A finished job, not to be changed."""
    out = tmp_path_factory.mktemp("captions") / "out"
    result = generate(out)
    assert (result.status, result.out.count("captions")) == (0, 6), result.err
    return out


def contents(folder):
    """The bytes of the files that a job writes; the kept answers are a data base."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("answers.sqlite")}


def test_every_image_has_a_caption_in_the_published_form(generated):
    assert sorted(contents(generated)) == sorted([*FILES, "aggregated.jsonl", "job.json", "observations.jsonl"])
    for name in FILES:
        entries = read_entries(generated / name)
        assert [item for item, _ in entries] == sorted(item for item, _ in entries)
        assert len(entries) == (20 if name.startswith("train") else 15)
        assert all(text.endswith(".") and "unknown" not in text for _, text in entries)


def test_the_same_job_gives_the_same_bytes(generated, generate, tmp_path):
    generate(tmp_path)
    generate(tmp_path)
    assert contents(tmp_path) == contents(generated)


def test_composing_anew_asks_nobody_and_gives_the_same_bytes(generated, generate, tiny, tmp_path):
    generate(tmp_path)
    for path in [*tmp_path.glob("*_*.json"), tmp_path / "aggregated.jsonl"]:
        path.unlink()
    result = tiny.call("captions", "compose", tmp_path)
    assert (result.status, "annotator" in result.out) == (0, False)
    assert contents(tmp_path) == contents(generated)


def test_other_settings_of_the_aggregation_give_other_captions_and_stay_with_the_job(generated, generate, tiny, tmp_path):
    generate(tmp_path / "out")
    tiny.call("captions", "compose", tmp_path / "out", "--set", "aggregation.recheck_below=0")
    assert json.loads((tmp_path / "out" / "job.json").read_text())["aggregation"]["recheck_below"] == 0
    assert (tmp_path / "out" / "train_RGB.json").read_bytes() != (generated / "train_RGB.json").read_bytes()
    fresh = tmp_path / "fresh"
    generate(fresh, "--set", "aggregation.recheck_below=0")
    assert contents(fresh) == contents(tmp_path / "out")


def test_a_limit_and_a_split(generate, tmp_path):
    result = generate(tmp_path, "--limit", 2, "--split", "test", "--json")
    document = json.loads(result.out)
    assert (result.status, result.err) == (0, "")
    assert (document["images"], document["captions"]) == (6, {f"test_{suffix}.json": 2 for suffix in ("RGB", "NI", "TI")})
    assert [(row["annotator"], row["done"]) for row in document["annotators"]] == [("simulated-a", 6), ("simulated-b", 6)]


def test_a_dry_run_writes_nothing(generate, tmp_path):
    result = generate(tmp_path / "out", "--dry-run")
    assert (result.status, "nothing was written" in result.out) == (0, True)
    assert not (tmp_path / "out").exists()


def test_no_path_of_this_machine_is_in_a_file(generated):
    for name, content in contents(generated).items():
        assert str(generated.parent).encode() not in content and b"/home" not in content, name


def test_simulated_annotators_of_a_file(generate, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps({"simulated": [{**ANNOTATORS[0].model_dump(mode="json"), "name": "mine", "guess": 0}]}))
    result = generate(tmp_path / "out", annotators=path)
    assert result.status == 0
    assert {json.loads(line)["annotator"] for line in (tmp_path / "out" / "observations.jsonl").open()} == {"mine"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"annotators": "nothing.yaml"}, "nothing.yaml: no such file"),
        ({"benchmark": "synthetic_cat"}, "unknown benchmark 'synthetic_cat'"),
        ({"benchmark": "rgbnt201"}, "give --data-root"),
        ({"extra": ["--set", "aggregation.recheck=1"]}, "aggregation: unknown key 'recheck'; did you mean 'recheck_below'"),
        ({"extra": ["--set", "schedule.epochs=1"]}, "unknown key 'schedule'"),
        ({"extra": ["--set", "benchmark.background_only=true"]}, "nobody in these pictures to annotate"),
        ({"extra": ["--set", "benchmark.captions=mine"]}, "--set benchmark.captions: captions are made here and none are read"),
        ({"extra": ["--composer", "nothing.yaml"]}, "nothing.yaml: no such file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(arguments, message, generate, tmp_path):
    named = {name: value for name, value in arguments.items() if name != "extra"}
    result = generate(tmp_path / "out", *arguments.get("extra", ()), **named)
    assert (result.status, result.out) == (2, "")
    assert message in result.err and result.err.count("\n") == 1


def test_a_folder_belongs_to_one_set_of_images(generate, tmp_path):
    generate(tmp_path, "--limit", 1)
    result = generate(tmp_path, "--set", "benchmark.draw=3")
    assert result.status == 2 and "choose another --out" in result.err


def test_captions_that_no_job_wrote_are_never_written_over(generate, tmp_path):
    (tmp_path / "test_TI.json").write_text("mine")
    result = generate(tmp_path, "--limit", 1)
    assert result.status == 2 and "test_TI.json: would be written over" in result.err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("test_TI.json", "mine")]


def test_filmed_images_have_no_simulated_annotator(generate, tree, tmp_path):
    result = generate(tmp_path, "--data-root", tree, benchmark="rgbnt201")
    assert result.status == 2 and "what is true of its images is not known" in result.err


def test_a_file_without_a_composer_is_refused(generate, tmp_path):
    path = tmp_path / "endpoints.yaml"
    path.write_text(json.dumps({"annotators": [{"name": "a", "url": "http://127.0.0.1:9/v1", "model": "m"}]}))
    result = generate(tmp_path / "out", "--composer", path)
    assert result.status == 2 and "no 'composer' in it" in result.err


def test_a_composer_without_its_key_is_refused_before_anything_is_asked(generate, tmp_path, monkeypatch):
    pytest.importorskip("openai", reason="the client library of the chat API is an extra")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    endpoint = {"name": "a", "url": "http://127.0.0.1:9/v1", "model": "m"}
    path = tmp_path / "endpoints.yaml"
    path.write_text(json.dumps({"annotators": [endpoint], "composer": {**endpoint, "key_env": "NO_SUCH_KEY"}}))
    result = generate(tmp_path / "out", "--composer", path)
    assert result.status == 2 and "NO_SUCH_KEY" in result.err
    assert not (tmp_path / "out" / "observations.jsonl").exists()
    assert generate(tmp_path / "out", "--composer", path, "--dry-run").status == 0


def test_composing_that_was_stopped_is_taken_up(generated, generate, tiny, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.captions.generation.by_template", stop)
    assert generate(tmp_path / "out").status == 130
    monkeypatch.undo()
    assert tiny.call("captions", "compose", tmp_path / "out").status == 0
    assert contents(tmp_path / "out") == contents(generated)


def plan_of(tiny, **changes):
    return tiny.plan(
        "next", **{f"benchmark__{name}": value for name, value in {**SMALL, **changes}.items()}, schedule__epochs=1
    )


def test_a_run_trains_on_them_on_the_embedded_benchmark(generated, tiny, work):
    own, plan = plan_of(tiny), plan_of(tiny, captions=str(generated))
    benchmark = plan.load_benchmark(None, work / "cache")
    told = dict(read_entries(generated / "train_NI.json"))
    assert all(" ".join(sample.captions[1]) == told[sample.name] for sample in benchmark.train.samples)
    assert plan.run_id(benchmark) != own.run_id(own.load_benchmark(None, work / "cache"))
    assert tiny.execute(plan, work).metrics.queries == 15


def test_a_folder_benchmark_reads_them(generated, tiny, tmp_path):
    tiny.call("data", "write", "synthetic_person", "--out", tmp_path, *SETTINGS)
    for path in (tmp_path / "RGBNT201" / "text").iterdir():
        path.unlink()
    (tmp_path / "RGBNT201" / "text").rmdir()
    arguments = ("verify", "rgbnt201", "--data-root", tmp_path, "--set", f"benchmark.captions={generated}", "--json")
    report = json.loads(tiny.call("data", *arguments).out)
    assert {problem["kind"] for problem in report["problems"]} == {"count"}  # of samples: it is a small part
    (generated_copy := tmp_path / "less").mkdir()
    for name in FILES:
        entries = json.loads((generated / name).read_text())
        (generated_copy / name).write_text(json.dumps(entries[1:]))
    report = json.loads(tiny.call("data", *arguments[:4], "--set", f"benchmark.captions={generated_copy}", "--json").out)
    assert {problem["kind"] for problem in report["problems"]} > {"count"}


class Answering:
    """Takes the place of the transport: what is said of every image, and the template's words as the caption of every set."""

    asked: ClassVar[list] = []
    carelessly = ""
    """Put after every caption."""

    def __init__(self, settings):
        self.settings = settings

    def __call__(self, messages):
        content = messages[0]["content"]
        self.asked.append(self.settings.name)
        if isinstance(content, str):
            text = {"caption": content.split("Template:\n")[1].strip() + self.carelessly}
        else:
            asked = [name for name in schema_of("person").attributes if f'"{name}"' in content[0]["text"]]
            values = {**dict.fromkeys(asked, "unknown"), "gender": "male"}
            text = {name: {"value": value, "confidence": 0.9} for name, value in values.items()}
        return Reply(json.dumps(text), "stop", 100, 20)

    def close(self):
        """Nothing is open."""


@pytest.fixture
def endpoints(monkeypatch, tmp_path):
    """A file of endpoints that answer without a server."""
    monkeypatch.setattr("benchmarks.captions.annotators.job.Transport", Answering)
    monkeypatch.setattr("benchmarks.captions.generation.compositions.Transport", Answering)
    monkeypatch.setattr(Answering, "asked", [])
    path = tmp_path / "endpoints.yaml"
    endpoint = {"url": "http://127.0.0.1:9/v1", "model": "m", "input_price": 10}
    path.write_text(json.dumps({"annotators": [{"name": "a", **endpoint}], "composer": {"name": "c", **endpoint}}))
    return path


def test_endpoints_annotate_and_compose_the_images_of_a_folder(generate, tree, tmp_path, endpoints):
    arguments = ("--data-root", tree, "--limit", 1, "--composer", endpoints, "--json")
    document = json.loads(generate(tmp_path / "out", *arguments, benchmark="rgbnt201", annotators=endpoints).out)
    assert (document["failed"], document["composer"]["done"], sorted(Answering.asked)) == (
        {},
        6,
        ["a"] * 6 + ["c"] * 3,
    )  # equal sets are put into words once
    assert document["annotators"][0]["cost"] == pytest.approx(6 * 100 * 10 / 1e6)
    assert "male" in read_entries(tmp_path / "out" / "train_RGB.json")[0][1]
    assert json.loads((tmp_path / "out" / "job.json").read_text())["composer"]["name"] == "composer c"
    generate(tmp_path / "out", *arguments, benchmark="rgbnt201", annotators=endpoints)
    assert len(Answering.asked) == 9  # nothing is paid for twice


def test_what_fails_is_told_with_exit_status_1_and_asked_again(generate, tree, tiny, tmp_path, endpoints, monkeypatch):
    monkeypatch.setattr(Answering, "carelessly", " He is wearing a red hat.")
    arguments = ("--data-root", tree, "--limit", 1, "--split", "test", "--composer", endpoints)
    result = generate(tmp_path / "out", *arguments, benchmark="rgbnt201", annotators=endpoints)
    assert (result.status, "no caption for 3 images" in result.out) == (1, True)
    assert not list((tmp_path / "out").glob("test_*.json"))
    monkeypatch.setattr(Answering, "carelessly", "")
    again = tiny.call("captions", "compose", tmp_path / "out", "--composer", endpoints, "--retry-failed")
    assert (again.status, len(list((tmp_path / "out").glob("test_*.json")))) == (0, 3)
