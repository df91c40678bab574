"""A stack that its test kills: `owner.py FOLDER` says "up" and waits."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dossier_local.stack import Stack


async def main(folder: Path) -> None:
    async with Stack(folder, free_ports=True) as stack:
        await stack.start("identity", "provider")
        print("up", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
