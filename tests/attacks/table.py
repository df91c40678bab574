"""The attacks that were tried, what holds now, and which test says so: read from attacks.yaml, printed as a page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
SOURCE, PAGE = Path(__file__).with_name("attacks.yaml"), ROOT / "docs/reference/attacks.md"
HEAD = """\
# Attacks, and what holds

What was tried on the running software on 2026-11-28 and got through, what holds now, and the tests that turn red where it does
not. Siblings of an attack are tried by the same tests, generated from routes, verbs and settings where these can be walked over;
what is thin is in [status](../status.md). Written by `python -m tests.attacks` from `tests/attacks/attacks.yaml`. Attacks
1, 2, 8, 9, 15 and 24 are tests of `tests/cases` and `tests/unit`.

| | done | holds now | by |
|---|---|---|---|
"""


class Attack(NamedTuple):
    """`tests`: each `file::function`."""

    number: str
    done: str
    holds: str
    tests: tuple[str, ...]


def attacks() -> list[Attack]:
    return [
        Attack(str(one["number"]), one["done"], one["holds"], tuple(one["tests"]))
        for one in yaml.safe_load(SOURCE.read_text("utf-8"))
    ]


def page() -> str:
    return HEAD + "".join(
        f"| {one.number} | {one.done} | {one.holds} | {'<br>'.join(f'`{test}`' for test in one.tests)} |\n"
        for one in attacks()
    )
