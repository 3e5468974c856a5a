import json

import pytest

from benchmarks.common.errors import InputError
from harness.manifest import Manifest, ManifestRun, manifest_path, read_manifests, write_manifest

RUN = ManifestRun(
    id="1", label="NEXT ✓", method="next", variant="mgfa", benchmark="rgbnt201", seed=3, columns={"MGFA": "✓", "TMSE": ""}
)


def manifest(suite="main", **changes):
    return Manifest(suite=suite, title="Title", table="ablation", reference="NEXT ✓", runs=[RUN]).model_copy(update=changes)


def test_manifests_survive_the_round_trip_and_are_sorted_by_suite(tmp_path):
    for suite in ("zeta", "alpha"):
        write_manifest(tmp_path, manifest(suite))
    assert read_manifests(tmp_path) == [manifest("alpha"), manifest("zeta")]


def test_the_manifest_of_a_suite_is_replaced(tmp_path):
    write_manifest(tmp_path, manifest())
    write_manifest(tmp_path, manifest(title="New", runs=[]))
    assert read_manifests(tmp_path) == [manifest(title="New", runs=[])]


def test_unknown_keys_are_dropped(tmp_path):
    write_manifest(tmp_path, manifest())
    path = manifest_path(tmp_path, "main")
    values = json.loads(path.read_text(encoding="utf-8"))
    values["later"] = values["runs"][0]["later"] = 1
    path.write_text(json.dumps(values), encoding="utf-8")
    assert read_manifests(tmp_path) == [manifest()]


def test_a_manifest_that_does_not_label_its_benchmarks_calls_them_by_name(tmp_path):
    write_manifest(tmp_path, manifest())
    path = manifest_path(tmp_path, "main")
    values = json.loads(path.read_text(encoding="utf-8"))
    assert values["runs"][0].pop("benchmark_label") == "rgbnt201"
    path.write_text(json.dumps(values), encoding="utf-8")
    assert read_manifests(tmp_path) == [manifest()]


def test_a_folder_without_suites_and_no_folder_are_told_with_the_command_that_helps(tmp_path):
    with pytest.raises(InputError, match=r"no suite was run here; `harness run SUITE --work-dir .*` runs one"):
        read_manifests(tmp_path)
    with pytest.raises(InputError, match=r"none: no such work folder"):
        read_manifests(tmp_path / "none")


def test_a_newer_schema_is_refused_even_where_its_keys_have_changed(tmp_path):
    write_manifest(tmp_path, manifest())
    manifest_path(tmp_path, "main").write_text('{"schema_version": 2, "rows": []}')
    with pytest.raises(
        InputError, match=r"main.json: manifest schema 2 is newer than 1, which this version reads; update the harness"
    ):
        read_manifests(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "null", "{}", '{"schema_version": 1}', '{"schema_version": "x"}', '{"schema_version": 1, "runs": 2}'],
)
def test_a_damaged_manifest_is_refused_in_one_line(tmp_path, text):
    write_manifest(tmp_path, manifest())
    manifest_path(tmp_path, "main").write_text(text)
    with pytest.raises(InputError, match=r"main.json: not a manifest") as error:
        read_manifests(tmp_path)
    assert "\n" not in str(error.value)
