import pytest

ARGUMENTS = ("captions", "generate", "synthetic_person", "--annotators", "simulated", "--limit", 1, "--split", "train", "--out")


def test_a_job_that_is_stopped_says_so_and_leaves_no_part_of_a_file(tiny, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.captions.progress.CaptionProgress.__call__", stop)
    result = tiny.call(*ARGUMENTS, tmp_path / "out")
    assert (result.status, "harness: stopped" in result.err) == (130, True)
    assert not list((tmp_path / "out").glob("*.json*"))
    monkeypatch.undo()
    assert tiny.call(*ARGUMENTS, tmp_path / "out").status == 0


@pytest.mark.parametrize("verb", ["compose", "evaluate"])
def test_a_folder_that_is_no_job_is_one_line(verb, tiny, tmp_path):
    result = tiny.call("captions", verb, tmp_path)
    assert (result.status, result.out) == (2, "")
    assert "no job.json in it" in result.err and result.err.count("\n") == 1


def test_a_damaged_observation_is_one_line_with_its_place(tiny, tmp_path):
    tiny.call(*ARGUMENTS, tmp_path)
    (tmp_path / "observations.jsonl").write_text("{\n")
    result = tiny.call("captions", "compose", tmp_path)
    assert (result.status, "observations.jsonl, line 1: not JSON" in result.err) == (2, True)
