import sys

import pytest

from reports.canvas import FIGURES, ROW_FIGURES
from reports.registry import Ordered
from reports.table import TABLES


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with two modules that register themselves, the later one first."""
    home = tmp_path / "some_figures"
    home.mkdir()
    (home / "__init__.py").write_text("from reports.registry import Ordered\nALL = Ordered('some_figures')\n")
    for name, order in (("alpha", 20), ("beta", 10)):
        (home / f"{name}.py").write_text(
            f"from . import ALL\n\n@ALL.register(order={order})\ndef {name}():\n    return {order}\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    yield "some_figures"
    for name in [name for name in sys.modules if name.startswith("some_figures")]:
        del sys.modules[name]


def test_modules_of_the_package_are_found_and_ordered(package):
    module = __import__(package)
    assert [entry.__name__ for entry in module.ALL.all()] == ["beta", "alpha"]
    assert [entry() for entry in module.ALL.all()] == [10, 20]


def test_an_order_that_is_taken_is_refused():
    ordered = Ordered("reports.tables")
    ordered.register(order=1)(len)
    with pytest.raises(ValueError, match="order 1 of .* is taken by"):
        ordered.register(order=1)(max)


def test_what_there_is():
    assert [make.__name__ for make in TABLES.all()] == [
        "comparison",
        "ablation",
        "caption_quality",
        "directions",
        "under_conditions",
        "resolutions",
        "over_draws",
        "sampling",
        "monitors",
        "provenance",
    ]
    assert [make.__name__ for make in FIGURES.all()] == ["metric_intervals", "learning_curves", "degradations"]
    assert [make.__name__ for make in ROW_FIGURES.all()] == ["ranked_lists", "masks", "mask_load", "gradients"]
