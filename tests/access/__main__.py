"""`python -m tests.access`: the matrix as the code has it now, in the form of expected.txt."""

from __future__ import annotations

import asyncio
import sys

from .matrix import answers, table
from .stages import acts


async def main() -> None:
    async with acts() as found:
        cells = {cell: answer.text for act in found for cell, answer in (await answers(act)).items()}
    sys.stdout.write(table(cells))


asyncio.run(main())
