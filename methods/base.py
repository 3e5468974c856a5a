"""The contract of a method: losses in training, an embedding at test, parameter groups for the optimiser."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field
from torch import Tensor, nn

from benchmarks.batch import MODALITIES, Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.registry import Registry
from benchmarks.common.settings import Settings

from .text import TextEncoder


class LearningRates(Settings):
    """Peak learning rates and weight decay; the defaults are those of the published recipe (NEXT, DeMo, Signal)."""

    base: float = Field(3.5e-4, gt=0)
    """Everything that has no rate of its own."""
    visual: float | None = Field(5e-6, ge=0)
    """The pretrained image tower, weights and biases alike; without a rate of its own (None) it learns as everything else does,
    its biases at the rate of biases (TOP-ReID, EDITOR, IDEA)."""
    bias_factor: float = Field(2.0, ge=0)
    """Biases learn at `base` times this; those of an image tower with a rate of its own do not."""
    classifier_factor: float = Field(1.0, ge=0)
    """Classifiers learn at `base` times this (100 in Signal's MSVR310 recipe)."""
    prompts: float | None = Field(None, ge=0)
    """Learned prompts, if they have a rate of their own (ICPL)."""
    weight_decay: float = Field(1e-4, ge=0)
    prompt_weight_decay: float | None = Field(None, ge=0)
    """Weight decay of learned prompts, where it is another one (ICPL)."""


class MethodSettings(Settings):
    """Base of a method's settings."""

    @property
    def needs_text(self) -> bool:
        """Whether the method cannot run on a benchmark without captions."""
        return False


def _in_order(modalities: tuple[str, ...]) -> tuple[str, ...]:
    if not modalities or len(set(modalities)) < len(modalities) or not set(modalities) <= set(MODALITIES):
        raise ValueError(f"expected one or more of the modalities {', '.join(MODALITIES)}, each once")
    return tuple(modality for modality in MODALITIES if modality in modalities)


Modalities = Annotated[tuple[str, ...], AfterValidator(_in_order)]
"""Which modalities a method uses, in the usual order."""


def places_of(modalities: Sequence[str], spec: BatchSpec) -> list[int]:
    """Where a batch has the modalities that a method uses.

    Raises:
        InputError: the benchmark lacks one.
    """
    missing = [name for name in modalities if name not in spec.modalities]
    if missing:
        raise InputError(f"method.modalities has {', '.join(missing)}; the benchmark has {', '.join(spec.modalities)}")
    return [spec.modalities.index(name) for name in modalities]


ParameterGroup = dict[str, Any]
"""`params`, `lr`, `weight_decay` and a `name` for the log."""

Convention = Literal["attention", "published"]

Filling = Literal["zeros", "reconstruction"]


class Method(nn.Module, ABC):
    """A method under comparison: one file of this folder, registered by name.

    A subclass declares the class of its settings as `Config`, and what its test feature is.
    """

    Config: ClassVar[type[MethodSettings]]
    test_feature: str
    """What `embed` returns, in the words of the paper; stands in every record."""
    patches: int = 0
    """Patches of one image, where `monitors` gives shares of them."""
    published_counts_attention: ClassVar[bool] = True
    """Whether the method's published cost counts the attention products (NEXT's does not)."""
    missing_filling: Filling = "zeros"
    """What takes the place of a missing modality: its image is zeros after normalisation in every batch, and is embedded as it
    is (`zeros`: DeMo, IDEA), or the method puts what it makes of the others there where `batch.present` is False
    (`reconstruction`: TOP-ReID)."""

    def __init__(self, config: Any, spec: BatchSpec) -> None:
        super().__init__()
        self.config = config
        self.spec = spec

    @classmethod
    def check(cls, config: Any, spec: BatchSpec) -> None:
        """Find out without building the method whether it can be built.

        Raises:
            InputError: it cannot.
        """

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Named scalar losses of a training batch, weighted; their sum is minimised."""

    @abstractmethod
    def embed(self, batch: Batch) -> Tensor:
        """Test features (B, D) of a batch, not normalised; ranked by cosine similarity."""

    @abstractmethod
    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Every trainable parameter in exactly one group, with its peak learning rate."""

    def on_epoch(self, epoch: int, training_set: Iterable[Batch]) -> None:
        """Called before every epoch of training, in its precision, after a resume as well.

        What is set here need not be kept in a state, if it follows from the arguments and the weights.

        Args:
            epoch: from 1.
            training_set: the training split in its order, images as at test, identities as classes, on the method's device;
                read only where it is gone through, and that once.
        """

    @property
    def text_encoder(self) -> TextEncoder | None:
        """The text encoder, to which the harness gives its store; None for methods without text."""
        return None

    @property
    def test_text(self) -> TextEncoder | None:
        """The text encoder, where the test path encodes captions."""
        return None

    def token_masks(self, batch: Batch) -> Tensor | None:
        """Patches (B, E, M, h, w) bool that each of E experts keeps at test, for pictures; None where nothing is masked."""
        return None

    def monitors(self) -> Mapping[str, Tensor]:
        """Scalars of the last forward pass that a record shall hold, by name.

        Two names have a meaning in reports: `kept/E1/RGB` is the share of patches that the first semantic expert keeps of
        RGB, `structure/E1/RGB` the mean weight of the first structure expert on it. Others are listed as they are.
        """
        return {}

    def watched_parameters(self) -> Mapping[str, Iterable[nn.Parameter]]:
        """Parameters whose gradient norm a record shall hold, by name (routers)."""
        return {}


def split_groups(
    named: Iterable[tuple[str, nn.Parameter]], rates: LearningRates, *, visual: Iterable[nn.Parameter]
) -> list[ParameterGroup]:
    """The published grouping: image tower; weights; biases at a higher rate; learned prompts; classifiers.

    A parameter is told by its name: `classifier`, `bias` and `prompt`, in this order, are looked for in it.

    Args:
        named: all parameters of a method with their names; frozen ones are left out.
        rates: peak learning rates.
        visual: parameters of the pretrained image tower, weights and biases alike.
    """
    tower = set() if rates.visual is None else {id(parameter) for parameter in visual}
    groups: dict[str, list[nn.Parameter]] = {"visual": [], "weights": [], "biases": [], "prompts": [], "classifiers": []}
    for name, parameter in named:
        if parameter.requires_grad:
            groups["visual" if id(parameter) in tower else _kind(name)].append(parameter)
    peak = {
        "visual": rates.visual,
        "weights": rates.base,
        "biases": rates.base * rates.bias_factor,
        "prompts": rates.base if rates.prompts is None else rates.prompts,
        "classifiers": rates.base * rates.classifier_factor,
    }
    decay = dict.fromkeys(groups, rates.weight_decay)
    if rates.prompt_weight_decay is not None:
        decay["prompts"] = rates.prompt_weight_decay
    return [
        {"name": name, "params": params, "lr": peak[name], "weight_decay": decay[name]}
        for name, params in groups.items()
        if params
    ]


def _kind(name: str) -> str:
    """The group of a parameter that is not of an image tower with a rate of its own."""
    kinds = {"classifier": "classifiers", "bias": "biases", "prompt": "prompts"}
    return next((group for word, group in kinds.items() if word in name), "weights")


METHODS: Registry[type[Method]] = Registry("method", "methods")
