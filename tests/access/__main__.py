"""`python -m tests.access`: the matrix as the code has it now, as in expected.txt; `endpoints`: as in endpoints.txt,
`reads`, `decisions`: as in reads.txt, decisions.txt."""

from __future__ import annotations

import asyncio
import sys

from . import decisions, endpoints, reads
from .matrix import answers, table
from .stages import acts


async def main() -> None:
    if "endpoints" in sys.argv:
        sys.stdout.write(endpoints.table(await endpoints.rows()))
        return
    if "reads" in sys.argv:
        sys.stdout.write(reads.table(await reads.rows()))
        return
    async with acts() as found:
        if "decisions" in sys.argv:
            told = [row for service, about in decisions.asked(found).items() for row in decisions.rows(service, about)]
            sys.stdout.write(decisions.table(told))
            return
        cells = {cell: answer.text for act in found for cell, answer in (await answers(act)).items()}
    sys.stdout.write(table(cells))


asyncio.run(main())
