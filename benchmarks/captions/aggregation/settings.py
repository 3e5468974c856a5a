"""How what annotators say is aggregated."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...common.settings import Settings


class AggregationSettings(Settings):
    """What can be set. The paper gives the rules in words and no number; the defaults are read out of it."""

    recheck_below: float = Field(0.7, ge=0, le=1)
    """Confidence below which a high-frequency attribute is rechecked against the other modalities. Most attributes of the
    paper are above 0.7 (Fig. 5a)."""
    unknown: Literal["competes", "yields"] = "competes"
    """Within a modality, whether an annotator that is sure to see nothing is heard as any other (`competes`: the highest
    confidence wins, as the paper has it), or only where nobody names a value (`yields`)."""
