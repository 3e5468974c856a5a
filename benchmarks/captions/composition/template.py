"""The template composer: a caption in the published style, from attributes alone and without a model."""

from __future__ import annotations

from collections.abc import Mapping

from ...batch import MODALITIES
from ...common.errors import unknown
from ..schema.kinds import schema_of
from ..schema.values import check_values
from .person import compose_person
from .vehicle import compose_vehicle

COMPOSERS = {"person": compose_person, "vehicle": compose_vehicle}
"""By kind of objects."""


def compose(object: str, modality: str, values: Mapping[str, str]) -> str:
    """A caption; the same attributes always give the same one (NEXT, section IV-B, there by a language model).

    Args:
        object: "person" or "vehicle".
        modality: "RGB", "NIR" or "TIR"; what it cannot show is left out, as is what is absent or `UNKNOWN`.
        values: by name of the attribute, and choices of wordings by their keys.

    Raises:
        InputError: there is no such kind, modality or attribute, or an attribute has no such value.
    """
    schema = schema_of(object)
    if modality not in MODALITIES:
        raise unknown("modality", modality, MODALITIES)
    check_values(schema, values)
    return COMPOSERS[object](modality, values)
