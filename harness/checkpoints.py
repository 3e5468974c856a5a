"""Checkpoints of tensors and plain values: written whole or not at all, loaded without running code from the file."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.common.errors import InputError
from benchmarks.common.files import atomic_write

FORMAT_VERSION = 1


def random_state() -> dict[str, Any]:
    """The state of every global random generator, as tensors and plain values."""
    name, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002  # the state of the global generator
    version, internal, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [name, torch.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, cached],
        "python": [version, list(internal), gauss],
    }


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Put every global random generator back to a saved state."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))


def write_checkpoint(path: Path, values: Mapping[str, Any]) -> None:
    """Write tensors and plain values (dict, list, str, numbers, None) whole or not at all."""
    with atomic_write(path) as file:
        torch.save({"format": FORMAT_VERSION, **values}, file)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, tensors on the CPU.

    Raises:
        InputError: the file is missing, cut short, no checkpoint, or of a newer format.
    """
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such checkpoint") from None
    except Exception as error:  # a damaged archive raises one of many kinds
        raise InputError(f"{path}: not a readable checkpoint ({type(error).__name__}); it may be cut short") from None
    if not isinstance(values, dict) or not isinstance(values.get("format"), int) or "settings" not in values:
        raise InputError(f"{path}: not a checkpoint of this harness; `harness evaluate` takes a `model.pt` of a run")
    if values["format"] > FORMAT_VERSION:
        raise InputError(f"{path}: checkpoint format {values['format']} is newer than {FORMAT_VERSION}; update the harness")
    return values


def load_model(module: nn.Module, state: Mapping[str, Any], where: str) -> None:
    """Load a state strictly.

    Raises:
        InputError: parts are missing, unknown or of another shape; the message names them.
    """
    own = module.state_dict()
    problems = {
        "lacks": sorted(set(own) - set(state)),
        "has unknown": sorted(set(state) - set(own)),
        "has another shape for": sorted(name for name in set(own) & set(state) if own[name].shape != state[name].shape),
    }
    for problem, names in problems.items():
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise InputError(
                f"{where}: the checkpoint {problem} {', '.join(names[:3])}{more}; it is of another method or benchmark"
            )
    module.load_state_dict(dict(state))


class TrainingState:
    """The last two training states of a run, in its own folder, found by name.

    A pointer names the newest; it is moved after the file is whole, and the file before it is kept until then. A state that
    cannot be read is passed over for the one before, and `skipped` says so.

    Args:
        folder: folder of the run.
        run_id: states of other runs are refused.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder = folder
        self.run_id = run_id
        self.skipped: list[str] = []

    def _path(self, epoch: int) -> Path:
        return self.folder / f"state-{epoch:04d}.pt"

    @property
    def _pointer(self) -> Path:
        return self.folder / "latest.json"

    def save(self, epoch: int, values: Mapping[str, Any]) -> None:
        """Keep the state after an epoch, and the one before it."""
        write_checkpoint(self._path(epoch), {"run_id": self.run_id, "epoch": epoch, "settings": {}, **values})
        previous = [known for known in self._known() if known != epoch]  # it is, after a damaged state was passed over
        with atomic_write(self._pointer) as file:
            file.write(json.dumps([epoch, *previous][:2]).encode())
        for path in self.folder.glob("state-*.pt"):
            if path not in {self._path(known) for known in [epoch, *previous][:2]}:
                path.unlink()

    def _known(self) -> list[int]:
        """Epochs of the states that the pointer names, newest first."""
        try:
            return [int(epoch) for epoch in json.loads(self._pointer.read_text())]
        except (FileNotFoundError, ValueError, TypeError):
            return []

    def load(self) -> dict[str, Any] | None:
        """The newest state that can be read; None where training has to start anew.

        Raises:
            InputError: a state is of another run.
        """
        for epoch in self._known():
            try:
                values = read_checkpoint(self._path(epoch))
            except InputError as error:
                self.skipped.append(str(error))
                continue
            if values["run_id"] != self.run_id:
                raise InputError(f"{self._path(epoch)}: the state of another run ({values['run_id'][:12]}); move it away")
            return values
        return None

    def clear(self) -> None:
        """Delete the states of a run that is finished."""
        for path in [self._pointer, *self.folder.glob("state-*.pt")]:
            path.unlink(missing_ok=True)
