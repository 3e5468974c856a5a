import pandas as pd
import pytest

from harness.rows import collect
from reports.frame import conditions_frame, epochs_frame, runs_frame
from reports.write import write_report


@pytest.fixture
def work(folder):
    return folder.row("NEXT", 0.6, experts=True).row("base", 0.5, seeds=(0, 1), finished=(1,)).write()


def test_there_is_one_row_for_each_finished_run(work):
    suites = collect(work)
    frame = runs_frame(suites)
    records = [record for row in suites[0].rows for record in row.records]
    assert frame["id"].tolist() == [record.id for record in records]
    assert frame["mAP"].tolist() == [record.metrics.mAP for record in records]
    assert frame.groupby("row")["seed"].apply(list).to_dict() == {"NEXT": [0, 1, 2], "base": [1]}


def test_there_is_one_row_for_each_epoch(work):
    suites = collect(work)
    frame = epochs_frame(suites)
    record = suites[0].rows[0].records[1]
    of_run = frame[frame["id"] == record.id]
    assert of_run["epoch"].tolist() == [entry.epoch for entry in record.history]
    assert of_run["losses/identity"].tolist() == [entry.losses["identity"] for entry in record.history]
    assert of_run["mAP"].notna().tolist() == [entry.metrics is not None for entry in record.history]


def test_csv_files_read_back_as_the_frames(work, tmp_path):
    write_report(work, ["csv"], tmp_path)
    suites = collect(work)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "runs.csv", keep_default_na=False), runs_frame(suites), check_dtype=False
    )
    assert len(pd.read_csv(tmp_path / "epochs.csv")) == len(epochs_frame(suites))


def test_there_is_one_row_for_each_condition_of_a_run(folder, fake, tmp_path):
    conditions = fake.make_conditions({"missing:RGB+TIR": 0.3, "NIR:blur:2": 0.4})
    work = folder.row("NEXT", 0.6, conditions=conditions).row("base", 0.5).write()
    frame = conditions_frame(collect(work))
    assert frame["row"].tolist() == ["NEXT"] * 6
    assert frame["condition"].tolist() == list(conditions) * 3
    assert frame["mAP"].tolist() == [0.3, 0.4] * 3
    assert set(frame["missing_filling"]) == {"zeros"}
    write_report(work, ["csv"], tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "conditions.csv"), frame, check_dtype=False)
