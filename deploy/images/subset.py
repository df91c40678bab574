"""What of requirements.lock an image needs.

    python subset.py needs PYPROJECT…    > needs.in      their dependencies, the other projects here apart
    uv pip compile -c requirements.lock needs.in > names.txt
    python subset.py locked names.txt requirements.lock  > locked.txt

The hashes are the lock's own, so that nothing is installed that the lock does not know.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

NAME = re.compile(r"(?m)^([a-z0-9][a-z0-9._-]*==[^\s;\\]+)")


def needs(projects: Sequence[Path]) -> Iterator[str]:
    for project in projects:
        for wanted in tomllib.loads(project.read_text())["project"]["dependencies"]:
            if not wanted.startswith("dossier-"):
                yield f"{wanted}\n"


def locked(names: Path, lock: Path) -> Iterator[str]:
    """The lock's lines of each package that is named."""
    blocks = {
        match[1]: block for block in re.split(r"(?m)^(?=[a-z0-9])", lock.read_text()) if (match := NAME.match(block))
    }
    for name in NAME.findall(names.read_text()):
        if name not in blocks:
            raise SystemExit(f"{name} is not in {lock.name}")
        yield blocks[name]


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    sys.stdout.writelines(
        needs([Path(p) for p in paths]) if what == "needs" else locked(Path(paths[0]), Path(paths[1]))
    )
