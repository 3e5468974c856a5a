"""What is shown of a measurement, on a terminal and in reports alike, and how it compares with the reference row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .measurements import Measurement


@dataclass(frozen=True)
class Quantity:
    """A figure of a measurement."""

    name: str
    """In frames and CSV."""
    group: str
    title: str
    unit: str
    digits: int
    value: Callable[[Measurement], float | None]

    def ratio(self, measurement: Measurement, reference: Measurement | None) -> float | None:
        """How many times the figure of the reference; None where one of them has none."""
        own, other = self.value(measurement), None if reference is None else self.value(reference)
        return None if own is None or not other else own / other

    def text(self, value: float) -> str:
        """With its digits; a small one with three that say something."""
        return f"{value:.{self.digits}f}" if abs(value) >= 1 else f"{value:.3g}"


def _steps_ms(measured: Measurement) -> float | None:
    return 1e3 * measured.training.seconds if measured.training else None


def _triplets(measured: Measurement) -> float | None:
    return measured.throughput.triplets_per_second if measured.throughput else None


def _images(measured: Measurement) -> float | None:
    return measured.throughput.images_per_second if measured.throughput else None


def _test_mib(measured: Measurement) -> float | None:
    return measured.test_memory.peak_bytes / 2**20 if measured.test_memory else None


def _training_mib(measured: Measurement) -> float | None:
    return measured.training_memory.peak_bytes / 2**20 if measured.training_memory else None


SIZES = (
    Quantity("parameters_trainable_M", "Parameters", "trainable", "M", 1, lambda found: found.parameters.trainable / 1e6),
    Quantity("parameters_total_M", "Parameters", "total", "M", 1, lambda found: found.parameters.total / 1e6),
    Quantity("parameters_test_M", "Parameters", "used at test", "M", 1, lambda found: found.parameters.test / 1e6),
    Quantity("gmacs_attention", "MACs", "attention", "G", 1, lambda found: found.gmacs.attention),
    Quantity("gmacs_published", "MACs", "published", "G", 1, lambda found: found.gmacs.published),
)
"""What precision and compilation do not change."""

SPEEDS = (
    Quantity("test_triplets_per_second", "Test", "triplets/s", "", 1, _triplets),
    Quantity("test_images_per_second", "Test", "images/s", "", 1, _images),
    Quantity("test_peak_MiB", "Test", "peak", "MiB", 0, _test_mib),
    Quantity("training_step_ms", "Training", "step", "ms", 1, _steps_ms),
    Quantity("training_peak_MiB", "Training", "peak", "MiB", 0, _training_mib),
)
"""What depends on the device, the precision and compilation."""
