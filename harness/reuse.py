"""Weights that are trained already: a run that differs from a finished one in what is tested alone does not train again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.common.errors import InputError

from .checkpoints import load_model, read_checkpoint
from .engine import Training
from .place import MODEL, Place
from .records import Record, read_record


def find_trained(place: Place, training_id: str) -> tuple[Record, dict[str, Any]] | None:
    """The record of a finished run of the same training, and its weights; None where there is none with whole weights.

    Args:
        place: folders.
        training_id: from `Plan.training_id`.

    Raises:
        InputError: there is a file in the place of a record that is none.
    """
    for path in sorted((place.work_dir / "records").glob("*.json")):
        record = read_record(path)
        weights = place.run_folder(record.id) / MODEL
        if record.training_id == training_id and weights.is_file():
            try:
                return record, read_checkpoint(weights)["model"]
            except InputError:  # damaged: another record may have them, or they are trained again
                continue
    return None


def take_up(training: Training, record: Record, weights: dict[str, Any], where: Path) -> int:
    """Put the weights and the history of a finished run in the place of training.

    Returns:
        The epoch of the weights.
    """
    load_model(training.method, weights, str(where))
    training.history[:] = record.history
    training.seconds = record.durations.get("train", 0.0)
    epochs = training.schedule.epochs
    training.report(epochs, epochs, f"trained before, in run {record.id[:12]}")
    return record.epoch
