"""The catalogue is complete: each of its rows is a test here or excused with a reason, and the README says the same."""

import pathlib
import re

import pytest

from faults.catalogue import EXCUSED, MOST_EXCUSED, NAMED, ROWS, row_of

HERE = pathlib.Path(__file__).resolve().parent
TESTS = [name for file in sorted(HERE.glob("test_*.py")) for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)]

pytestmark = pytest.mark.short


def test_there_are_77_rows():
    assert list(ROWS) == list(range(1, 78))


def test_each_row_has_a_test_or_an_excuse():
    tested = {row_of(name) for name in TESTS} - {None}
    assert tested <= set(ROWS)
    assert not set(ROWS) - tested - set(EXCUSED), "neither tested nor excused"
    assert not tested & set(EXCUSED), "tested and excused"


def test_few_are_excused_and_the_readme_says_why():
    assert len(EXCUSED) <= MOST_EXCUSED
    text = (HERE / "README.md").read_text()
    for number, why in EXCUSED.items():
        assert why and f"| {number} | {why} |" in text, f"tests/faults/README.md does not excuse row {number} so"
    assert len(re.findall(r"^\| \d+ \|", text, re.M)) == len(EXCUSED)


def test_the_named_tests_are_there():
    for what, begins in NAMED.items():
        assert any(name.startswith(begins) for name in TESTS), what
