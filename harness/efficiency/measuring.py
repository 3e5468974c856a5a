"""One measurement in a process of its own: nothing else runs, and its peak of memory is its own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import TypeVar

import torch

from methods.base import METHODS, Method

from ..devices import check_device
from ..environment import describe
from ..executors import Report
from ..place import Place
from ..profiling import count_costs, count_parameters, measure_throughput, peak_memory, reset_peak_memory
from ..records import Memory, Throughput
from .measurements import Measurement, Part, TrainingStep, write_measurement
from .plans import MeasurePlan
from .training_step import measure_training

_LONGEST = 200

Timed = TypeVar("Timed", Throughput, TrainingStep)


def measure(plan: MeasurePlan, measurement_id: str, place: Place, report: Report) -> str:
    """Time the test path and a step of training, count size and cost, and leave the measurement.

    Returns:
        What came out, in a few words.
    """
    started, load = time.perf_counter(), _load()
    device = _set_up(plan)
    settings = plan.plan.method_settings
    method = METHODS.get(plan.plan.method)(settings, plan.spec).to(device)
    durations = {"prepare": time.perf_counter() - started}
    problems: dict[Part, str] = {}
    breaks: dict[Part, int] = {}

    def timed(part: Part, work: Callable[[], Timed]) -> tuple[Timed | None, Memory | None]:
        """What some work finds and its peak of memory; None of either where it cannot be compiled."""
        report(part, 0, 0, "")
        reset_peak_memory(device)
        begun = time.perf_counter()
        found = None
        try:
            found = work()
        except Exception as error:  # compilation fails in many ways; without it an error is an error
            if not plan.compiled:
                raise
            problems[part] = _line(error)
        durations[part] = time.perf_counter() - begun
        if plan.compiled:
            breaks[part] = _graph_breaks()
        return found, peak_memory(device) if found else None

    throughput, test_memory = timed("test", lambda: _test(plan, method))
    training, training_memory = timed("training", lambda: _train(plan, method))
    report("count", 0, 0, "")
    measurement = Measurement(
        id=measurement_id,
        suite=plan.plan.suite,
        method=plan.plan.method,
        variant=plan.plan.variant,
        size=plan.size,
        precision=plan.precision,
        compiled=plan.compiled,
        settings=plan.resolved(),
        parameters=count_parameters(method, plan.spec),
        gmacs=count_costs(method, plan.spec),
        throughput=throughput,
        test_memory=test_memory,
        training=training,
        training_memory=training_memory,
        problems=problems,
        graph_breaks=breaks,
        load=load,
        durations={**durations, "total": time.perf_counter() - started},
        environment=describe(device),
    )
    write_measurement(place.work_dir, measurement)
    return _words(measurement)


def _set_up(plan: MeasurePlan) -> torch.device:
    """As fast as torch is by itself, so not in its deterministic mode; fp32 is fp32 and not TF32."""
    device = check_device(plan.plan.device)
    torch.set_num_threads(plan.plan.threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if plan.compiled:
        # What is compiled anew too often is left to Python without a word, and would be measured as if it were compiled.
        torch._dynamo.config.fail_on_recompile_limit_hit = True
    return device


def _test(plan: MeasurePlan, method: Method) -> Throughput:
    measure = plan.measure
    return measure_throughput(
        method,
        plan.spec,
        batch=measure.batch,
        precision=plan.precision,
        warmup=measure.warmup,
        repeats=measure.repeats,
        compiled=plan.compiled,
    )


def _train(plan: MeasurePlan, method: Method) -> TrainingStep:
    measure = plan.measure
    return measure_training(
        method,
        plan.spec,
        plan.plan.schedule,
        identities=measure.identities,
        images=measure.images,
        precision=plan.precision,
        warmup=measure.warmup,
        repeats=measure.repeats,
        compiled=plan.compiled,
    )


def _graph_breaks() -> int:
    """How often compilation was broken off since the last call."""
    from torch._dynamo.utils import counters

    found = sum(counters["graph_break"].values())
    counters.clear()
    torch._dynamo.reset()
    return int(found)


def _load() -> float | None:
    """Load average of the last minute, where the system tells it."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _line(error: Exception) -> str:
    """The first line of an error, without the folders of paths: measurements are safe to publish."""
    text = next(iter(str(error).strip().splitlines()), "")
    line = f"{type(error).__name__}: {re.sub(r'(/[^/ ]+)+/', '', text)}".removesuffix(": ")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _words(found: Measurement) -> str:
    test = f"{found.throughput.images_per_second:.1f} images/s" if found.throughput else "test not compiled"
    step = f"step {1e3 * found.training.seconds:.1f} ms" if found.training else "training not compiled"
    return f"{test}, {step}"
