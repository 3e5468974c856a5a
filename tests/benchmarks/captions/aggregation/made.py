"""A small schema, and short ways to say what annotators said."""

from benchmarks.captions.schema.attribute import AttributeType, Frequency, Group, Observed, Schema

LOW, HIGH = Frequency.LOW, Frequency.HIGH
ALL_HIGH = {"RGB": HIGH, "NIR": HIGH, "TIR": HIGH}

SCHEMA = Schema(
    "person",
    {
        "colour": AttributeType("colour", Group.CLOTHING, ("red", "blue"), {"RGB": LOW}, "colour"),
        "light": AttributeType("light", Group.ENVIRONMENT, ("dim", "bright"), {"RGB": LOW, "NIR": LOW}, "light"),
        "bag": AttributeType("bag", Group.ACCESSORIES, ("none", "backpack"), ALL_HIGH, "bag"),
        "glasses": AttributeType("glasses", Group.ACCESSORIES, ("no", "yes"), {"RGB": HIGH, "NIR": HIGH}, "glasses"),
    },
)


def said(annotator, **attributes):
    """An attribute set from name=(value, confidence)."""
    return {
        name: Observed(value=value, confidence=confidence, annotator=annotator)
        for name, (value, confidence) in attributes.items()
    }


def brief(decided):
    """(value, confidence, annotator, modality, decision) of each attribute."""
    return {
        name: (each.value, each.confidence, each.annotator, each.modality, each.decision.value)
        for name, each in decided.items()
    }
