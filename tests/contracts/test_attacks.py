"""The table of attacks is printed as it is written, and every test it names is there, under that name."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.attacks.table import PAGE, ROOT, attacks, page

WANTED = {str(number) for number in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 25)}


@cache
def functions_of(file: str) -> frozenset[str]:
    """As pytest would collect them, without running what the file imports."""
    body = ast.parse((ROOT / file).read_text("utf-8")).body
    return frozenset(
        one.name
        for one in body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    )


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.attacks"


def test_every_attack_is_in_it_with_tests_that_are_there() -> None:
    found = attacks()
    assert {one.number for one in found} == WANTED | {"one name"}
    for one in found:
        assert one.tests, one.number
        for test in one.tests:
            file, _, function = test.partition("::")
            assert Path(file).name.startswith("test_"), test
            assert function in functions_of(file), test


def test_every_file_of_attacks_is_named() -> None:
    named = {test.partition("::")[0] for one in attacks() for test in one.tests}
    assert {f"tests/attacks/{file.name}" for file in (ROOT / "tests/attacks").glob("test_*.py")} <= named
