"""How often published captions name what the embedded benchmark draws: `python tests/bench/caption_statistics.py FOLDER`.

FOLDER holds the caption files of one data set (`train_RGB.json`, ...). An identity weighs one however many images it has;
captions that name none of the values are left out. Printed are per mille, in the order of the generator's values: its weights.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_COLOUR = r"(?:(?:dark|light|deep|bright)(?: |-colored ))?"
_UPPER = rf"wearing an? {_COLOUR}(?:[a-z/\-]+ )*?"
_LOWER = rf" with {_COLOUR}(?:[a-z/\-]+ )*?"
_COLOURS = (
    "black",
    "gr[ae]y",
    "white",
    "red",
    "orange",
    "yellow",
    "green",
    "(?:navy )?blue",
    "purple",
    "pink",
    "brown",
    "beige",
)

PERSON: Mapping[str, Sequence[str]] = {
    "gender": (r"\bfemale\b", r"\bmale\b"),
    "age": (r"\badult\b", r"\b(?:teenager|child)\b"),
    "hair_length": (r"\bshort (?:\w+ )?hair", r"\bmedium (?:\w+ )?hair", r"\blong (?:\w+ )?hair"),
    "hair_style": (r"straight (?:\w+ )?hair", r"(?:curly|wavy) (?:\w+ )?hair"),
    "glasses": ("not wearing glasses", "(?<!not )wearing glasses"),
    "upper": tuple(
        rf"{_UPPER}{garment}\b(?=[^.]* with )"
        for garment in ("t-shirt", "(?<!-)(?:shirt|blouse)", "sweater", "hoodie", "jacket", "coat", "dress")
    ),
    "upper_colour": tuple(rf"wearing an? {_COLOUR}{colour}\b" for colour in _COLOURS),
    "lower": tuple(rf"{_LOWER}{garment}\b" for garment in ("trousers", "jeans", "shorts", "skirt")),
    "lower_colour": tuple(rf" with {_COLOUR}{colour}\b" for colour in _COLOURS),
    "footwear": tuple(
        rf"paired with (?:[a-z\-]+ )*{shoes}" for shoes in ("casual sneakers", "athletic sneakers", "boots", "sandals", "shoes")
    ),
    "bag": (
        r"^(?!.*(?:backpack|handbag|shoulder bag|suitcase|luggage))",
        "backpack",
        "handbag",
        "shoulder bag",
        "suitcase|luggage",
    ),
    "held": (r"^(?!.*\b(?:phone|bottle|umbrella|book)\b)", r"\bphone\b", r"\bbottle\b", r"\bumbrella\b", r"\bbook\b"),
    "view": ("from the front", "from the back", "from the side"),
}
"""For each attribute of a person a pattern for each of its values."""

_BRANDS = ("Volkswagen", "Honda", "Ford", "Buick", "Geely", "Mazda")
_LAMPS = ("angular", "rectangular", "oval", "round")

VEHICLE: Mapping[str, Sequence[str]] = {
    "type": (r"\bsedan viewed", r"\bSUV viewed", r"\bhatchback viewed", r"\bminivan viewed", r"\btruck viewed"),
    "brand": tuple(rf"\b{brand}\b" for brand in _BRANDS),
    "colour": tuple(rf"^an? {colour}\b" for colour in ("white", "silver", "black", "red", "gray", "blue", "brown", "orange")),
    "wear": (r"shows new wear", r"shows used wear", r"shows (?:worn|damaged|dirty) wear"),
    "window_tint": (r"\btinted (?:\w+ )?windows", r"\bclear (?:\w+ )?windows"),
    "windows": (r"\bcurved windows", r"\bflat windows"),
    "headlights": tuple(rf"\b{shape} headlights" for shape in _LAMPS),
    "taillights": tuple(rf"\b{shape} taillights" for shape in _LAMPS),
    "grille": (r"\bhorizontal grille", r"\bhexagonal grille", r"\bvertical grille"),
    "roof": (r"\bsloped roof", r"\bflat roof", r"\bsunroof roof"),
    "tires": (r"\bregular tires", r"\bstreet tires"),
    "spoiler": (r"Spoiler is not present", r"Spoiler is present"),
    "roof_rack": (r"Roof rack is not present", r"Roof rack is present"),
    "exhaust": (r"hidden pipes", r"single pipes", r"dual pipes"),
    "plate": (r"License plate is visible", r"License plate is not visible"),
    "view": ("from the front", "from the back", "from the side", "from the diagonal"),
}
"""For each attribute of a vehicle a pattern for each of its values."""


def shares(captions: Mapping[str, str], patterns: Sequence[str]) -> list[int]:
    """Per mille of identities for each pattern, of those for whom any is found.

    Args:
        captions: captions by file name, whose first four or six digits are the identity.
        patterns: regular expressions, the first that is found counts.
    """
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    counts: dict[str, list[int]] = {}
    for name, caption in captions.items():
        found = next((place for place, pattern in enumerate(compiled) if pattern.search(caption)), None)
        if found is not None:
            counts.setdefault(name.split("_")[0], [0] * len(patterns))[found] += 1
    means = [sum(of[place] / sum(of) for of in counts.values()) / len(counts) for place in range(len(patterns))]
    return [round(1000 * mean) for mean in means]


def read(folder: Path, modality: str) -> dict[str, str]:
    """Captions of both splits by file name."""
    files = (folder / f"{split}_{modality}.json" for split in ("train", "test"))
    return {entry["item"]: entry["description"] for file in files for entry in json.loads(file.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    found = read(Path(sys.argv[1]), "RGB")
    vehicles = any("vehicle" in caption for caption in found.values())
    for attribute, patterns in (VEHICLE if vehicles else PERSON).items():
        print(f"{attribute}: {shares(found, patterns)}")
