"""What a run of each method on the small embedded benchmarks is and says: one row a method."""

from typing import Any, NamedTuple

ARCHITECTURES = {"synthetic_person": "small", "synthetic_vehicle": "small_wide"}
VEHICLES = {"benchmark__train_images": 6, "benchmark__test_images": 6}
"""Of a vehicle, more images than there are cameras: it is seen in two sessions."""


class Case(NamedTuple):
    """What a record of the method says, and the settings without which its run is too large, too short or not its own."""

    feature: str
    size: int  # of the embedding
    filling: str = "zeros"  # of a missing modality
    epochs: int = 3
    settings: dict[str, Any] = {}
    vehicle_settings: dict[str, Any] = {}
    stops: tuple[int, ...] = (1,)  # after which epochs a run is stopped
    frozen: bool = False  # a tower is: a test needs more parameters than training changes
    beats_chance: bool = False  # after so few epochs
    slow: bool = False


CASES = {
    # tests/harness/test_run.py stops these two, at more moments than the end of an epoch
    "baseline": Case("class tokens", 144, stops=()),
    "next": Case("fused", 144, stops=(), frozen=True),
    "demo": Case("PIFE features, ATMoE", 480),
    "editor": Case(
        "HMA: class token and mean of selected patches, reduced",
        192,
        epochs=4,
        settings={"schedule__warmup_epochs": 1, "schedule__rates__visual": None},
        vehicle_settings={"method__direct": False},
    ),
    "icpl": Case(
        "class tokens and their projections",
        3 * (64 + 48),
        epochs=5,
        settings={
            "method__stages__swap_after": 3,  # the images to prototypes until the third epoch, to prompts after it
            "method__prototypes__plain_epochs": 1,
            "data__augmentation__pad": 3,
            "data__augmentation__erase_probability": 0.1,
            "evaluation__every": 0,
        },
        vehicle_settings={"method__shared": True, "schedule__epochs": 2},
        stops=(1, 3),
        frozen=True,
        beats_chance=True,
    ),
    "idea": Case(
        "c_t, the textual feature of CDA",
        3 * 48,
        epochs=4,
        vehicle_settings={"data__train_missing": ["TIR"], "schedule__epochs": 3},
        stops=(2,),
        frozen=True,
        beats_chance=True,
    ),
    "mambapro": Case("MA", 3 * 48, epochs=2, frozen=True, slow=True),
    "promptma": Case("class tokens, PBMF, after the necks", 4 * 64, beats_chance=True),
    "signal": Case("class tokens, SIM", 288, settings={"method__alignment__lam_stride": 2}),
    "topreid": Case("class tokens after TPM", 192, filling="reconstruction", epochs=2, slow=True),
    "transreid": Case("class tokens, JPM parts", 960, slow=True),
}


def small_plan(make_plan: Any, method: str, benchmark: str) -> Any:
    """The plan of a short run with shipped weights, tested with every set of missing modalities."""
    case = CASES[method]
    changes = {
        "runs": [{"method": method}],
        "benchmarks": [benchmark],
        "method__backbone": {"architecture": ARCHITECTURES[benchmark], "weights": "shipped"},
        "schedule__epochs": case.epochs,
        "evaluation__conditions": ["missing"],
        "profile__throughput": False,
        **case.settings,
    }
    if benchmark == "synthetic_vehicle":
        changes |= {**VEHICLES, **case.vehicle_settings}
    return make_plan(method, **changes)
