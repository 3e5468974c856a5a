"""Whether trained weights are of the benchmark that they are tested on."""

from __future__ import annotations

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError


def differences(trained: BatchSpec, asked: BatchSpec) -> list[str]:
    """What two benchmarks show a method differently, each as "part (trained on, asked for)".

    Cameras and identities belong to it although a test reads neither classifiers nor the rows of other cameras: they tell a
    user which two benchmarks these are.
    """
    parts = {
        "object": (trained.object, asked.object),
        "image size": (_size(trained.image_size), _size(asked.image_size)),
        "modalities": ("+".join(trained.modalities), "+".join(asked.modalities)),
        "identities": (trained.identities, asked.identities),
        "cameras": (trained.cameras, asked.cameras),
    }
    return [f"{part} ({own}, {other})" for part, (own, other) in parts.items() if own != other]


def check_benchmark(where: str, trained_on: str, trained: BatchSpec, benchmark: str, asked: BatchSpec) -> None:
    """Refuse weights of another benchmark.

    Args:
        where: the file, for the error.
        trained_on: name of the benchmark of the run.
        trained: what the method was built for.
        benchmark: name of the one to test on.
        asked: what a method would be built for on it.

    Raises:
        InputError: it is another one; the message names the parts in which they differ.
    """
    if trained_on == benchmark:
        return
    parts = differences(trained, asked)
    differ = f"; they differ in {', '.join(parts)}" if parts else ""
    raise InputError(f"{where}: trained on {trained_on}, not on {benchmark}{differ}; --transfer tests it there all the same")


def check_size(where: str, trained: BatchSpec, image_size: tuple[int, int]) -> None:
    """Refuse images of a size for which the method has no places.

    Raises:
        InputError: the size is not the one of the run.
    """
    if trained.image_size != image_size:
        raise InputError(
            f"{where}: trained on images of {_size(trained.image_size)} (received benchmark.image_size {_size(image_size)}); "
            "leave it out"
        )


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
