import json
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.common.errors import InputError
from harness.checkpoints import (
    FORMAT_VERSION,
    TrainingState,
    load_model,
    random_state,
    read_checkpoint,
    restore_random_state,
    write_checkpoint,
)

VALUES = {"settings": {"a": [1, None]}, "model": {"weight": torch.arange(6.0)}}


def cut(path, to=0.5):
    """Cut a file short, as a full disk or a copy that was stopped leaves it."""
    os.truncate(path, int(path.stat().st_size * to))


def states(folder):
    return sorted(path.name for path in folder.glob("state-*.pt"))


@pytest.fixture
def three(tmp_path):
    """The states of a run after three epochs."""
    state = TrainingState(tmp_path / "run", "run-1")
    for epoch in (1, 2, 3):
        state.save(epoch, {"model": {"weight": torch.full((3,), float(epoch))}})
    return state


def fresh(state):
    """As another process sees the states."""
    return TrainingState(state.folder, state.run_id)


def test_a_checkpoint_loads_without_running_code_from_it(tmp_path):
    write_checkpoint(tmp_path / "file.pt", VALUES)
    values = torch.load(tmp_path / "file.pt", weights_only=True)
    assert values["format"] == FORMAT_VERSION
    assert values["settings"] == VALUES["settings"]
    assert torch.equal(read_checkpoint(tmp_path / "file.pt")["model"]["weight"], torch.arange(6.0))


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path):
    torch.save({"format": 1, "settings": {}, "path": Path("x")}, tmp_path / "file.pt")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        read_checkpoint(tmp_path / "file.pt")


@pytest.mark.parametrize("to", [0, 0.1, 0.5, 0.99])
def test_a_checkpoint_that_is_cut_short_is_refused(tmp_path, to):
    write_checkpoint(tmp_path / "file.pt", VALUES)
    cut(tmp_path / "file.pt", to)
    with pytest.raises(InputError, match="file.pt: not a readable checkpoint .* it may be cut short"):
        read_checkpoint(tmp_path / "file.pt")


@pytest.mark.parametrize(
    "content", [[1, 2], {"format": 1}, {"settings": {}}, {"format": "one", "settings": {}}, torch.ones(2)], ids=str
)
def test_a_file_of_another_program_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "file.pt")
    with pytest.raises(InputError, match="not a checkpoint of this harness"):
        read_checkpoint(tmp_path / "file.pt")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such checkpoint"):
        read_checkpoint(tmp_path / "file.pt")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        read_checkpoint(tmp_path)


def test_a_newer_format_is_refused(tmp_path):
    write_checkpoint(tmp_path / "file.pt", {**VALUES, "format": FORMAT_VERSION + 1})
    with pytest.raises(InputError, match="format 2 is newer than 1; update the harness"):
        read_checkpoint(tmp_path / "file.pt")


def test_the_newest_two_states_are_kept_and_the_newest_is_loaded(three):
    assert states(three.folder) == ["state-0002.pt", "state-0003.pt"]
    assert json.loads((three.folder / "latest.json").read_text()) == [3, 2]
    values = fresh(three).load()
    assert (values["epoch"], values["run_id"]) == (3, "run-1")
    assert values["model"]["weight"].tolist() == [3, 3, 3]


def test_there_is_no_state_before_the_first_and_none_after_clearing(three, tmp_path):
    assert TrainingState(tmp_path / "nothing", "run-1").load() is None
    (three.folder / "model.pt").write_text("stays")
    three.clear()
    assert fresh(three).load() is None
    assert [path.name for path in three.folder.iterdir()] == ["model.pt"]


def test_a_damaged_newest_state_is_passed_over_for_the_one_before_and_told(three):
    cut(three.folder / "state-0003.pt")
    state = fresh(three)
    assert state.load()["epoch"] == 2
    assert len(state.skipped) == 1
    assert "state-0003.pt: not a readable checkpoint" in state.skipped[0]


def test_after_a_damaged_state_was_passed_over_two_different_ones_are_kept_again(three):
    cut(three.folder / "state-0003.pt")
    state = fresh(three)
    state.load()
    state.save(3, {"model": {"weight": torch.full((3,), 33.0)}})
    assert states(state.folder) == ["state-0002.pt", "state-0003.pt"]
    assert fresh(state).load()["model"]["weight"].tolist() == [33, 33, 33]
    cut(three.folder / "state-0003.pt")
    assert fresh(state).load()["epoch"] == 2


def test_training_starts_anew_where_no_state_can_be_read(three):
    cut(three.folder / "state-0003.pt")
    (three.folder / "state-0002.pt").unlink()
    state = fresh(three)
    assert state.load() is None
    assert len(state.skipped) == 2


@pytest.mark.parametrize("text", ["", "[3", '{"a": 1}', "3", "[null]", '["x"]', "\udcff"])
def test_a_damaged_pointer_starts_anew(three, text):
    (three.folder / "latest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert fresh(three).load() is None


@pytest.mark.parametrize("moment", ["state", "pointer"])
def test_a_save_that_is_stopped_before_its_rename_leaves_the_state_before(three, monkeypatch, moment):
    replace = Path.replace

    def stop(path, target):
        if ("latest" in Path(target).name) == (moment == "pointer"):
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        three.save(4, {"model": {"weight": torch.full((3,), 4.0)}})
    monkeypatch.undo()
    state = fresh(three)
    assert state.load()["epoch"] == 3
    assert state.skipped == []
    assert not list(state.folder.glob("*.part"))
    state.save(4, {"model": {"weight": torch.full((3,), 44.0)}})
    assert fresh(three).load()["model"]["weight"].tolist() == [44, 44, 44]
    assert states(state.folder) == ["state-0003.pt", "state-0004.pt"]


def test_states_of_another_run_are_refused(three):
    with pytest.raises(InputError, match=r"state-0003.pt: the state of another run \(run-1\); move it away"):
        TrainingState(three.folder, "run-2").load()


def test_a_copied_folder_resumes_from_itself(three, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(three.folder, copy)
    TrainingState(copy, "run-1").save(4, {"model": {"weight": torch.full((3,), 4.0)}})
    assert fresh(three).load()["epoch"] == 3
    shutil.rmtree(three.folder)
    assert TrainingState(copy, "run-1").load()["epoch"] == 4


def test_a_moved_folder_resumes(three, tmp_path):
    moved = three.folder.rename(tmp_path / "elsewhere")
    assert TrainingState(moved, "run-1").load()["epoch"] == 3


def draws():
    """The next numbers of every global generator, those that are drawn in pairs included."""
    return [
        torch.randn(3).tolist(),
        torch.rand(2).tolist(),
        np.random.randn(3).tolist(),  # noqa: NPY002
        np.random.rand(2).tolist(),  # noqa: NPY002
        [random.gauss(0, 1), random.random(), random.gauss(0, 1)],
    ]


def test_every_random_generator_goes_on_where_it_was(tmp_path):
    torch.manual_seed(1)
    np.random.seed(2)  # noqa: NPY002
    random.seed(3)
    draws()  # the second number of a pair is waiting in numpy's and python's generators
    write_checkpoint(tmp_path / "file.pt", {"settings": {}, "random": random_state()})
    expected = draws()
    assert draws() != expected
    for _ in range(2):
        restore_random_state(read_checkpoint(tmp_path / "file.pt")["random"])
        assert draws() == expected


def test_a_model_is_loaded_strictly():
    module = nn.Linear(2, 3)
    state = {"weight": torch.ones(3, 2), "bias": torch.full((3,), 2.0)}
    load_model(module, state, "file.pt")
    assert module(torch.ones(1, 2)).tolist() == [[4, 4, 4]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, "file.pt: the checkpoint lacks bias; it is of another method or benchmark"),
        ({"extra": torch.ones(1)}, "has unknown extra"),
        ({"weight": torch.ones(3, 4)}, "has another shape for weight"),
        ({f"more.{i}": torch.ones(1) for i in range(5)}, "has unknown more.0, more.1, more.2 and 2 more"),
    ],
)
def test_parts_that_do_not_fit_are_named_and_nothing_is_loaded(change, message):
    module = nn.Linear(2, 3)
    before = module.weight.clone()
    state = {"weight": torch.ones(3, 2), "bias": torch.ones(3), **change}
    with pytest.raises(InputError, match=message):
        load_model(module, {name: value for name, value in state.items() if value is not None}, "file.pt")
    assert torch.equal(module.weight, before)
