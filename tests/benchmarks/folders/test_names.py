import re

import pytest

from benchmarks.folders.names import Fields, NameForm

from .helpers import SOURCES

FORM = NameForm(
    re.compile(r"(?P<identity>-1|\d{3})_c(?P<camera>\d)(?:_s(?P<scene>\d+))?\.jpg"),
    "PPP_cC_sS.jpg",
    "012_c1_s7.jpg",
    first_camera=1,
)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("012_c1_s07.jpg", Fields(12, 0, 7)),
        ("012_c6.jpg", Fields(12, 5, 0)),
        ("-1_c2_s1.jpg", Fields(-1, 1, 1)),
        ("x012_c1_s7.jpg", None),
        ("012_c1_s7.jpg.jpg", None),
        ("vis/012_c1_s7.jpg", None),
        ("012_c1_s7.JPG", None),
        ("", None),
    ],
)
def test_the_whole_name_is_read(name, fields):
    assert FORM.read(name) == fields


def test_what_a_name_should_be_is_said():
    assert FORM.expected == "the name does not read PPP_cC_sS.jpg, as in 012_c1_s7.jpg; rename or remove it"


@pytest.mark.parametrize("source", SOURCES)
def test_the_example_of_every_data_set_reads(source):
    form = source.naming.form
    fields = form.read(form.example)
    assert 0 <= fields.camera < 8
    assert form.example.startswith(("000273", "0002", "0502", "0001"))
    assert fields.identity == int(form.example.partition("_")[0])


def test_the_one_irregular_name_of_wmveid863_reads():
    form = next(source for source in SOURCES if source.benchmark == "wmveid863").naming.form
    assert form.read("0865_0865_vis_v1_n0_03.jpg") == Fields(865, 1, 0)
    assert form.read("0001_v0_n0_s999_001.jpg") == Fields(1, 0, 999)
    assert form.read("0865_v1_n0_s999_002.jpg") == Fields(865, 1, 999)
    assert form.read("0001_0865_v0_n0_s999_001.jpg") is None
