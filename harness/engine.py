"""Training on mmengine's Runner: the only file that knows it.

The Runner brings the loop, hooks and optimiser wrappers. Checkpoints, learning rates, resuming and randomness are this
project's own, because mmengine's cannot resume with `weights_only` loading, forget the random state, and delete the old
checkpoint before the new one is written.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.model import BaseModel
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.runner import Runner
from torch import Tensor
from torch.utils.data import DataLoader

from benchmarks.batch import Batch
from methods.base import Method

from .checkpoints import TrainingState, load_model, random_state, restore_random_state, write_checkpoint
from .devices import autocast, check_precision
from .records import Epoch, EpochRule, Metrics
from .schedules import Schedule, learning_rate, make_optimizer

BEST = "best.pt"


@dataclass
class Training:
    """What one training run is made of.

    Attributes:
        method: on its device.
        loader: training batches, from `benchmarks.loading.train_loader`.
        schedule: epochs and learning rates.
        run_id: states of other runs are refused.
        folder: folder of the run, for states and logs.
        seed: of dropout and whatever else draws from the global generators.
        epoch_rule: which epoch's weights are kept.
        evaluate: metrics of the method as it is, on the split that the epoch rule looks at.
        evaluate_every: epochs between evaluations; 0 for none.
        report: told (epoch, epochs, text) after every epoch.
        survey: the training split in its order and not augmented, for methods that look at it before an epoch.
    """

    method: Method
    loader: DataLoader[Any]
    schedule: Schedule
    run_id: str
    folder: Path
    seed: int
    epoch_rule: EpochRule
    evaluate: Callable[[Method], Metrics]
    evaluate_every: int
    report: Callable[[int, int, str], None]
    survey: Callable[[], Iterable[Batch]] = tuple
    history: list[Epoch] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def device(self) -> torch.device:
        """Where the method is."""
        return next(self.method.parameters()).device

    def evaluates(self, epoch: int) -> bool:
        """Whether an epoch is evaluated: the last one always is where any is."""
        every = self.evaluate_every
        return every > 0 and (epoch % every == 0 or epoch == self.schedule.epochs)

    def best_epoch(self) -> int:
        """The evaluated epoch with the highest mAP, the earliest of equals."""
        scored = [(epoch.metrics.mAP, -epoch.epoch) for epoch in self.history if epoch.metrics is not None]
        return -max(scored)[1]


def train(training: Training) -> int:
    """Train to the end, from the newest state of the run if there is one.

    The method then has the weights of the epoch that the rule names, and `training.history` is complete.

    Returns:
        That epoch.

    Raises:
        InputError: the precision needs another device, or a state is of another run.
    """
    schedule = training.schedule
    check_precision(schedule.precision, training.device.type, "schedule.precision")
    # Loaders draw from the global generator, once or in every epoch as they have workers or not; dropout shall not notice.
    training.loader.generator = torch.Generator()
    optimizer = make_optimizer(schedule, training.method.parameter_groups(schedule.rates))
    wrapper = AmpOptimWrapper(dtype="float16", optimizer=optimizer) if schedule.precision == "fp16" else OptimWrapper(optimizer)
    off = ("runtime_info", "timer", "sampler_seed", "logger", "param_scheduler", "checkpoint")
    runner = _Runner(
        model=_Model(training),
        work_dir=str(training.folder),
        train_dataloader=training.loader,
        train_cfg={"by_epoch": True, "max_epochs": schedule.epochs},
        optim_wrapper=wrapper,
        default_hooks=dict.fromkeys(off),
        custom_hooks=[_TrainingHook(training)],
        randomness={"seed": training.seed},
        experiment_name=training.run_id,
        log_level="ERROR",
    )
    try:
        runner.train()
    finally:
        shutil.rmtree(runner.log_dir, ignore_errors=True)
    if training.epoch_rule == "last":
        return schedule.epochs
    values = torch.load(training.folder / BEST, map_location="cpu", weights_only=True)
    load_model(training.method, values["model"], str(training.folder / BEST))
    return training.best_epoch()


class _Runner(Runner):
    """A Runner without what the record does better: environment report, log file, pictures, config dump, choice of device."""

    def _log_env(self, env_cfg: Any) -> None:
        return

    def wrap_model(self, model_wrapper_cfg: Any, model: Any) -> Any:
        return model

    def build_logger(self, log_level: int | str = "ERROR", log_file: str | None = None, **options: Any) -> MMLogger:
        return MMLogger.get_instance(name=self._experiment_name, log_level=log_level)

    def build_visualizer(self, visualizer: Any = None) -> Any:
        return SimpleNamespace()  # the loop gives it the data set's facts; a real one loads matplotlib

    def dump_config(self) -> None:
        return


class _Model(BaseModel):
    """A method as mmengine wants its models."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self.method = training.method
        self.precision = training.schedule.precision

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Not used: training and embedding have their own paths."""
        raise NotImplementedError("call train_step")

    def train_step(self, data: Batch, optim_wrapper: OptimWrapper) -> dict[str, Tensor]:
        """One step; returns what is logged of it, as tensors on the device."""
        device = next(self.method.parameters()).device
        with autocast(device, self.precision):
            losses = self.method.losses(data.to(device))
        total = torch.stack(list(losses.values())).sum()
        optim_wrapper.backward(optim_wrapper.scale_loss(total))
        scale = optim_wrapper.loss_scaler.get_scale() if isinstance(optim_wrapper, AmpOptimWrapper) else 1.0
        gradients = {name: _norm(parameters) / scale for name, parameters in self.method.watched_parameters().items()}
        optim_wrapper.step()
        optim_wrapper.zero_grad()
        logged = {"losses/total": total, **{f"losses/{name}": value for name, value in losses.items()}}
        logged |= {f"monitors/{name}": value for name, value in self.method.monitors().items()}
        logged |= {f"gradients/{name}": value for name, value in gradients.items()}
        return {name: value.detach() for name, value in logged.items()}


def _norm(parameters: Any) -> Tensor:
    """Norm of the gradients of some parameters; zero where they have none."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.zeros(())
    return torch.stack(torch._foreach_norm(gradients)).norm()


class _TrainingHook(Hook):
    """Everything around the steps: rates, log, evaluation, states."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.states = TrainingState(training.folder, training.run_id)
        self._sums: dict[str, Tensor] = {}
        self._steps = 0
        self._started = 0.0

    def before_train(self, runner: Runner) -> None:
        """Take up the newest state, if there is one."""
        state = self.states.load()
        for problem in self.states.skipped:
            self.training.report(0, self.training.schedule.epochs, f"passed over a damaged state: {problem}")
        if state is None:
            return
        load_model(self.training.method, state["model"], "resume")
        runner.optim_wrapper.optimizer.load_state_dict(state["optimizer"])
        if isinstance(runner.optim_wrapper, AmpOptimWrapper):
            runner.optim_wrapper.loss_scaler.load_state_dict(state["scaler"])
        self.training.history[:] = [Epoch.model_validate(entry) for entry in state["history"]]
        self.training.seconds = state["seconds"]
        runner.train_loop._epoch, runner.train_loop._iter = state["epoch"], state["iteration"]
        restore_random_state(state["random"])

    def before_train_epoch(self, runner: Runner) -> None:
        """Set learning rates, draw the epoch's batches, and tell the method."""
        epoch = runner.epoch + 1
        optimizer = runner.optim_wrapper.optimizer
        for group in optimizer.param_groups:
            group.setdefault("peak", group["lr"])
            group["lr"] = learning_rate(self.training.schedule, group["peak"], epoch)
        runner.train_dataloader.batch_sampler.set_epoch(epoch)
        self._sums, self._steps, self._started = {}, 0, time.perf_counter()
        with autocast(self.training.device, self.training.schedule.precision):
            self.training.method.on_epoch(epoch, self._survey())

    def _survey(self) -> Iterator[Batch]:
        """The training split, batch by batch, on the method's device."""
        yield from (batch.to(self.training.device) for batch in self.training.survey())

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Tensor] | None = None
    ) -> None:
        """Add up what a step logged, without waiting for the device."""
        for name, value in (outputs or {}).items():
            self._sums[name] = self._sums.get(name, 0) + value
        self._steps += 1

    def after_train_epoch(self, runner: Runner) -> None:
        """Close the epoch: log, evaluate, keep the state."""
        training, epoch = self.training, runner.epoch + 1
        means: dict[str, dict[str, float]] = {"losses": {}, "monitors": {}, "gradients": {}}
        for name, value in self._sums.items():
            kind, _, rest = name.partition("/")
            means[kind][rest] = float(value) / self._steps
        training.seconds += time.perf_counter() - self._started
        metrics = None
        if training.evaluates(epoch):
            with torch.random.fork_rng(devices=()):  # looking at a run shall not change it
                metrics = training.evaluate(training.method)
        rates = {group["name"]: group["lr"] for group in runner.optim_wrapper.optimizer.param_groups}
        training.history.append(Epoch(epoch=epoch, learning_rates=rates, metrics=metrics, **means))
        if training.epoch_rule != "last" and metrics is not None and training.best_epoch() == epoch:
            write_checkpoint(training.folder / BEST, {"model": training.method.state_dict(), "epoch": epoch, "settings": {}})
        self._save(runner, epoch)
        text = f"loss {means['losses'].get('total', float('nan')):.3f}"
        training.report(epoch, training.schedule.epochs, text + (f", mAP {100 * metrics.mAP:.1f}" if metrics else ""))

    def _save(self, runner: Runner, epoch: int) -> None:
        wrapper = runner.optim_wrapper
        self.states.save(
            epoch,
            {
                "model": self.training.method.state_dict(),
                "optimizer": wrapper.optimizer.state_dict(),
                "scaler": wrapper.loss_scaler.state_dict() if isinstance(wrapper, AmpOptimWrapper) else {},
                "history": [entry.model_dump(mode="json") for entry in self.training.history],
                "seconds": self.training.seconds,
                "iteration": runner.iter,
                "random": random_state(),
            },
        )
