import json
import math

import numpy as np
import pytest

from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.truth import truths_of
from benchmarks.captions.simulated.worlds import split_worlds
from benchmarks.common.errors import InputError
from harness.captions.measures import measure_captions

SMALL = {"train_identities": 10, "train_images": 8, "test_identities": 10, "test_images": 8}
MODALITIES = ("RGB", "NIR", "TIR")


@pytest.fixture(scope="module")
def job(tmp_path_factory, tiny):
    """A finished job, not to be changed."""
    out = tmp_path_factory.mktemp("captions") / "out"
    settings = [part for name, value in SMALL.items() for part in ("--set", f"benchmark.{name}={value}")]
    tiny.call("captions", "generate", "synthetic_person", "--annotators", "simulated", "--out", out, *settings)
    return out


@pytest.fixture(scope="module")
def measured(job):
    return measure_captions(job)


def plain(said_of):
    """Pairs, unknown, accuracy and right of all, from what is said of each image by attribute."""
    schema, worlds = schema_of("person"), split_worlds("synthetic_person", SMALL)
    truths = {split: truths_of(world) for split, world in worlds.items()}
    known = right = pairs = 0
    for (split, modality, item), said in said_of.items():
        row = worlds[split].names.index(item)
        for name, kind in schema.attributes.items():
            if modality in kind.frequency and name in truths[split]:
                truth = truths[split][name]
                word = truth.options[truth.value[row, MODALITIES.index(modality)]]
                value = said.get(name, "unknown")
                pairs, known, right = pairs + 1, known + (value != "unknown"), right + (value == word)
    return pairs, 1 - known / pairs, right / known, right / pairs


def figures(stage):
    return stage.overall.pairs, stage.overall.unknown, stage.overall.accuracy, stage.overall.right


def test_stages_against_plain_loops_over_the_files(job, measured):
    stages = {stage.name: stage for stage in measured.stages}
    records = [json.loads(line) for line in (job / "observations.jsonl").read_text().splitlines()]
    for annotator in ("simulated-a", "simulated-b"):
        said = {
            (each["split"], each["modality"], each["item"]): {n: v["value"] for n, v in each["attributes"].items()}
            for each in records
            if each["annotator"] == annotator
        }
        assert figures(stages[annotator]) == pytest.approx(plain(said))
    made = [json.loads(line) for line in (job / "aggregated.jsonl").read_text().splitlines()]
    said = {
        (each["split"], each["modality"], each["item"]): {n: v["value"] for n, v in each["attributes"].items()} for each in made
    }
    assert figures(stages["merged and completed"]) == pytest.approx(plain(said))
    completed = [v for each in made for v in each["attributes"].values() if v["decision"] == "completed"]
    assert stages["completed alone"].overall.pairs == len(completed) > 100
    assert measured.images == 10 * 16 * 3


def test_groups_add_up_and_intervals_hold_their_estimate(measured):
    for stage in measured.stages:
        for group in (stage.by_modality, stage.by_attribute):
            assert sum(each.pairs for each in group.values()) == stage.overall.pairs
            right = sum(each.right * each.pairs for each in group.values())
            assert right == pytest.approx(stage.overall.right * stage.overall.pairs)
        for share in (stage.accuracy, stage.right):
            assert share.low < share.estimate < share.high
        assert sum(each.answers for each in stage.bins) == round(stage.overall.pairs * (1 - stage.overall.unknown))


def test_aggregation_says_more_and_gets_more_right(measured):
    a, b, merged, completed, _ = measured.stages
    assert merged.overall.right > max(a.overall.right, b.overall.right) - 0.02
    assert completed.overall.right > merged.overall.right
    assert completed.overall.unknown < merged.overall.unknown
    surplus = [sum(row.answers * (row.confidence - row.right) for row in stage.bins if row.answers) for stage in (a, b)]
    assert surplus[0] > 0 and surplus[0] > surplus[1]  # it is overconfident, as its settings say


def test_a_failed_annotator_counts_as_unknown(job, tmp_path):
    lines = (job / "observations.jsonl").read_text().splitlines()
    place = {name: json.loads(lines[0])[name] for name in ("split", "modality", "item", "annotator")}
    lines[0] = json.dumps({**place, "status": "failed", "reason": "a refusal"})
    (tmp_path / "observations.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "job.json").write_bytes((job / "job.json").read_bytes())
    whole, part = measure_captions(job).stages[0].overall, measure_captions(tmp_path).stages[0].overall
    assert part.pairs == whole.pairs and part.unknown > whole.unknown


def test_the_command_prints_the_figures(job, measured, tiny):
    shown = tiny.call("captions", "evaluate", job)
    assert shown.status == 0
    for stage in measured.stages:
        (line,) = (line for line in shown.out.splitlines() if line.startswith(f"{stage.name}  ") and "[" in line)
        for value in (
            stage.overall.unknown,
            stage.accuracy.estimate,
            stage.accuracy.low,
            stage.right.high,
            stage.expected_error,
        ):
            assert f"{100 * value:.1f}" in line
    document = json.loads(tiny.call("captions", "evaluate", job, "--json").out)
    assert [stage["name"] for stage in document["stages"]] == [stage.name for stage in measured.stages]
    empty = next(each for each in document["stages"][0]["bins"] if not each["answers"])
    assert empty["right"] is None  # and not NaN, which is no JSON


def test_filmed_images_cannot_be_judged(job, tmp_path):
    values = json.loads((job / "job.json").read_text())
    (tmp_path / "job.json").write_text(json.dumps({**values, "benchmark": "rgbnt201", "settings": {}}))
    with pytest.raises(InputError, match="rgbnt201: what is true of its images is not known"):
        measure_captions(tmp_path)


def test_nan_stands_where_nothing_counts(measured):
    never = [each for each in measured.stages[0].bins if not each.answers]
    assert never and all(math.isnan(each.right) for each in never)
    assert not np.isnan([stage.overall.right for stage in measured.stages]).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "observations.jsonl: empty; there is nothing"),
        (
            lambda text: text.replace('"item":"', '"item":"q', 1),
            "'q[^']+' is no image of the test split that job.json tells of",
        ),
    ],
)
def test_observations_of_nothing_and_of_other_images_are_refused(job, change, message, tmp_path):
    for name in ("job.json", "observations.jsonl"):
        (tmp_path / name).write_text((job / name).read_text())
    path = tmp_path / "observations.jsonl"
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=message):
        measure_captions(tmp_path)
