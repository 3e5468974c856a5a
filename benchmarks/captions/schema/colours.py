"""Words of colours that stand alone."""

from __future__ import annotations

HUES = (
    *("black", "white", "gray", "grey", "silver", "red", "maroon", "burgundy", "orange", "yellow", "gold", "green", "olive"),
    *("teal", "turquoise", "blue", "navy", "purple", "violet", "pink", "brown", "tan", "beige", "cream", "khaki"),
)
