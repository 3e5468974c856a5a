import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.base import BENCHMARKS
from benchmarks.common.errors import InputError
from harness.catalogue import catalogue
from harness.configs import shipped
from methods.base import METHODS


def lines(kind):
    out = io.StringIO()
    Console(file=out, width=400).print(catalogue(kind))
    return [line.strip() for line in out.getvalue().splitlines()]


def test_every_method_has_a_line_and_its_variants_follow():
    found = [line.split()[0] for line in lines("methods")]
    assert set(METHODS.names()) <= set(found)
    assert found[found.index("next") + 1].startswith("next:")
    assert {"next:mgfa", "baseline:reduced", "signal:no_modules"} <= set(found)
    assert any(line.startswith("signal ") and len(line.split()) > 3 for line in lines("methods"))


def test_every_benchmark_and_every_suite_has_a_line_that_says_what_it_is():
    for kind, names in (("benchmarks", BENCHMARKS.names()), ("suites", shipped("suites"))):
        found = lines(kind)
        assert [line.split()[0] for line in found] == names
        assert all(len(line.split()) > 3 for line in found)


def test_every_suite_stands_in_its_page():
    words = set(re.findall(r"\w+", (Path(__file__).parents[2] / "docs" / "suites.md").read_text(encoding="utf-8")))
    assert set(shipped("suites")) <= words


def test_an_unknown_kind_is_answered_with_the_closest():
    with pytest.raises(InputError, match=r"unknown kind 'method'; did you mean 'methods'\?"):
        catalogue("method")
