"""The modalities of the field, in the order in which every batch, table and sample holds them."""

from __future__ import annotations

from typing import Literal, get_args

Modality = Literal["RGB", "NIR", "TIR"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
