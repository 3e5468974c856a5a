"""The worlds behind the splits of an embedded benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...base import BENCHMARKS
from ...common.errors import InputError
from ...common.settings import parse
from ...synthetic.source import SyntheticSettings, SyntheticSource, worlds
from ...synthetic.world import World


def split_worlds(benchmark: str, settings: Mapping[str, Any]) -> dict[str, World]:
    """The worlds of the splits "train" and "test".

    Args:
        benchmark: name.
        settings: of the benchmark.

    Raises:
        InputError: the benchmark is not embedded, so that nobody knows its truth, or the settings do not fit.
    """
    source = BENCHMARKS.get(benchmark)
    if not issubclass(source, SyntheticSource):
        embedded = [name for name in BENCHMARKS.names() if issubclass(BENCHMARKS.get(name), SyntheticSource)]
        raise InputError(f"{benchmark}: what is true of its images is not known; it is of {', '.join(embedded)}")
    config = parse(source.Config, settings, benchmark)
    if not isinstance(config, SyntheticSettings):
        raise TypeError(f"{benchmark}: settings of an embedded benchmark are SyntheticSettings, not {type(config).__name__}")
    train, test = worlds(source.object, config)
    return {"train": train, "test": test}
