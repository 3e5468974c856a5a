"""What can be said of a person: the attributes that the paper and NEXT-Text's captions of RGBNT201 name.

The groups are those of Figure 5. Paper section IV-B calls the colours and the illumination low-frequency, and what is carried
or held high-frequency; the others are sorted here in the same sense. Known values are the ones that recur in the 14,361
published captions, the most common first. No published caption names a hat; the attribute is there for data
sets that show some.
"""

from __future__ import annotations

from .attribute import AttributeType, Group, Schema
from .shown import COLOUR, HIGH, LIGHT, LOW

_COLOURS = (
    *("black", "dark", "white", "blue", "gray", "grey", "light", "red", "beige", "brown", "yellow", "green", "pink", "orange"),
    *("light gray", "light blue", "light color", "dark blue", "light grey", "light-colored", "light brown", "dark color"),
    *("dark gray", "dark green", "dark grey", "dark red", "dark brown", "dark-colored", "light green", "light colored"),
    *("khaki", "purple", "tan", "light beige", "light pink", "light purple", "navy", "cream"),
    *("black and white", "white and black", "white and blue", "red and black", "white and gray", "red and white"),
    *("dark (possibly black or dark blue)", "dark (possibly black)", "dark (possibly black or dark gray)"),
    *("dark (possibly black or gray)", "dark (possibly black or navy)", "dark (likely black or dark blue)"),
    *("dark (likely black or dark gray)", "light (possibly white or light gray)", "light (possibly beige or light brown)"),
)

_APPEARANCE = (
    AttributeType("age", Group.APPEARANCE, ("adult", "child", "teenager", "senior"), LOW, "age group"),
    AttributeType("gender", Group.APPEARANCE, ("male", "female", "non-binary"), LOW, "gender, as it appears"),
    AttributeType("hair_length", Group.APPEARANCE, ("short", "medium", "long"), HIGH, "length of the hair"),
    AttributeType("hair_style", Group.APPEARANCE, ("straight", "curly", "wavy", "bun", "tied"), HIGH, "style of the hair"),
)

_CLOTHING = (
    AttributeType(
        "upper_clothing",
        Group.CLOTHING,
        (
            *(
                "jacket",
                "t-shirt",
                "sweater",
                "dress",
                "shirt",
                "coat",
                "hoodie",
                "tank top",
                "blouse",
                "robe",
                "sleeveless top",
            ),
            *(
                "long-sleeve shirt",
                "long coat",
                "top",
                "sweatshirt",
                "striped t-shirt",
                "striped sweater",
                "vest",
                "plaid shirt",
            ),
            *("off-shoulder top", "sleeveless shirt", "sleeveless dress", "long-sleeved shirt", "long dress", "striped jacket"),
            *("plaid jacket", "hooded sweatshirt", "long sleeve shirt", "long-sleeve top", "short-sleeve shirt", "jumper"),
            *("swimsuit top", "kurta", "short-sleeved shirt"),
        ),
        LOW,
        "type of the garment on the upper body",
    ),
    AttributeType(
        "upper_clothing_colour", Group.CLOTHING, _COLOURS, COLOUR, "colour of the garment on the upper body", open=True
    ),
    AttributeType(
        "lower_clothing",
        Group.CLOTHING,
        ("trousers", "shorts", "skirt", "jeans", "dress", "leggings", "robe", "long skirt"),
        LOW,
        "type of the garment on the lower body",
    ),
    AttributeType(
        "lower_clothing_colour", Group.CLOTHING, _COLOURS, COLOUR, "colour of the garment on the lower body", open=True
    ),
    AttributeType("footwear_style", Group.CLOTHING, ("casual", "athletic", "formal"), HIGH, "what the footwear is for"),
    AttributeType(
        "footwear",
        Group.CLOTHING,
        ("sneakers", "boots", "sandals", "shoes", "heels", "flats", "high heels", "flat shoes"),
        HIGH,
        "type of the footwear",
    ),
)

_ACCESSORIES = (
    AttributeType("glasses", Group.ACCESSORIES, ("no", "yes"), HIGH, "whether glasses are worn"),
    AttributeType(
        "hat",
        Group.ACCESSORIES,
        ("none", "hat", "cap", "hood", "helmet"),
        HIGH,
        "what is worn on the head, or none",
    ),
    AttributeType(
        "carrying",
        Group.ACCESSORIES,
        (
            *(
                "backpack",
                "handbag",
                "none",
                "bag",
                "luggage",
                "school bag",
                "shoulder bag",
                "bottle",
                "suitcase",
                "shopping bag",
            ),
            *(
                "crossbody bag",
                "tote bag",
                "sling bag",
                "messenger bag",
                "plastic bags",
                "shopping bags",
                "bags",
                "shopping cart",
            ),
        ),
        HIGH,
        "what is carried on the body or the arm, or none",
        open=True,
    ),
    AttributeType(
        "holding",
        Group.ACCESSORIES,
        (
            *(
                "phone",
                "bottle",
                "umbrella",
                "book",
                "none",
                "bag",
                "box",
                "handbag",
                "camera",
                "flashlight",
                "object",
                "package",
            ),
            *("shopping bag", "jacket", "cat", "child", "ball", "bicycle", "paper"),
        ),
        HIGH,
        "what is held in a hand, or none",
        open=True,
    ),
    AttributeType(
        "dragging",
        Group.ACCESSORIES,
        ("suitcase", "something", "none", "luggage"),
        HIGH,
        "what is dragged, something where it is not told, or none",
        open=True,
    ),
    AttributeType("handbag", Group.ACCESSORIES, ("no", "yes"), HIGH, "whether there is a handbag"),
    AttributeType("backpack", Group.ACCESSORIES, ("yes", "no"), HIGH, "whether there is a backpack"),
    AttributeType("luggage", Group.ACCESSORIES, ("no", "yes"), HIGH, "whether there is a suitcase or other luggage"),
)

_ENVIRONMENT = (
    AttributeType("view", Group.ENVIRONMENT, ("side", "back", "front"), LOW, "side from which the person is seen"),
    AttributeType("capture_time", Group.ENVIRONMENT, ("nighttime", "daytime"), LIGHT, "time of the day"),
    AttributeType("illumination", Group.ENVIRONMENT, ("dim", "normal", "bright"), LIGHT, "how the scene is lit"),
    AttributeType("target_clarity", Group.ENVIRONMENT, ("blurry", "clear"), LOW, "whether the person is sharp"),
)

_ATTRIBUTES = (*_APPEARANCE, *_CLOTHING, *_ACCESSORIES, *_ENVIRONMENT)

PERSON = Schema("person", {attribute.name: attribute for attribute in _ATTRIBUTES})
