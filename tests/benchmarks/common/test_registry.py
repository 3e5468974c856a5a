import sys

import pytest

from benchmarks.common.errors import InputError
from benchmarks.common.registry import Registry


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a registry and two modules that register in it; counts how often they are imported."""
    folder = tmp_path / "some_plugins"
    (folder / "nested").mkdir(parents=True)
    (folder / "__init__.py").write_text(
        "from benchmarks.common.registry import Registry\nTHINGS = Registry('thing', 'some_plugins')\n"
    )
    (folder / "one.py").write_text("from . import THINGS\nTHINGS.register('one')(1)\n")
    (folder / "nested" / "__init__.py").write_text("from .. import THINGS\nTHINGS.register('two')(2)\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "some_plugins"]:
        del sys.modules[name]


def things():
    import some_plugins

    return some_plugins.THINGS


def test_it_imports_every_module_of_its_package_when_it_is_asked(package):
    registry = things()
    assert "some_plugins.one" not in sys.modules
    assert registry.get("one") == 1
    assert "some_plugins.one" in sys.modules
    assert registry.names() == ["one", "two"]
    assert list(registry) == ["one", "two"]


def test_entries_from_outside_are_found_beside_them(package):
    registry = things()
    registry.register("mine")(3)
    assert registry.get("mine") == 3
    assert registry.names() == ["mine", "one", "two"]


def test_unknown_names_are_answered_with_the_closest(package):
    with pytest.raises(InputError, match="file.py: unknown thing 'onee'; did you mean 'one'"):
        things().get("onee", "file.py")


def test_a_name_is_registered_once():
    registry = Registry("thing", "benchmarks.common")
    registry.register("a")(1)
    with pytest.raises(ValueError, match="thing 'a' is registered twice"):
        registry.register("a")(2)
    assert registry.get("a") == 1


def test_a_module_that_breaks_says_so_each_time(package):
    (package / "broken.py").write_text("raise RuntimeError('broken')\n")
    registry = things()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            registry.names()


def test_register_returns_the_entry():
    registry = Registry("thing", "benchmarks.common")

    @registry.register("entry")
    class Entry:
        pass

    assert registry.get("entry") is Entry
