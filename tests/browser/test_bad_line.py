"""A birth filed from a phone on a line that drops: two of the lines of `make bad-line`, which tries fifty.

What counts as passed is in `filings._judge`: one dossier, its receipt shown, each byte of three photographs, what was typed, no
more than ten minutes of typing at thirty words a minute, and the line lost and cut as often as it should be.
"""

from __future__ import annotations

import pytest

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.stack import Stack

from .filings import LONGEST, LOST, filings
from .listening import listening
from .visitor import executable

pytestmark = pytest.mark.long
SEEDS = range(2)


@pytest.mark.timeout(60 + 4 * LONGEST)
async def test_one_dossier_and_every_byte_whatever_the_line_does(stack: Stack, inspectors: Inspectors) -> None:
    executable()
    async with listening(stack, inspectors) as (intake, base):
        runs = [run async for run in filings(intake, base, SEEDS, at_once=2)]
    for run in runs:
        assert not run.wrong, "\n".join([str(run), *run.story])
        assert run.broken > LOST / 2 * run.requests, f"that was no bad line: {run}"
