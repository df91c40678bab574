"""`python deploy/tools/sizes.py`: how long the program's files are, and how much is shared; ends with 1 beyond the limits."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "shared/src/dossier_shared"
SERVICES = [ROOT / "services" / name for name in ("intake", "review", "signing", "notify")]
BESIDE = ("repair", "telemetry", "settings")  # rooms of shared that grow with what can go wrong, not with the business


def lengths(*folders: Path) -> list[int]:
    return [len(path.read_text("utf-8").splitlines()) for folder in folders for path in folder.rglob("*.py")]


def main() -> int:
    files = [n for n in lengths(*(ROOT / part for part in ("shared/src", "services", "deploy/local/src"))) if n > 10]
    shared = sum(lengths(SHARED)) - sum(lengths(*(SHARED / room for room in BESIDE)))
    services = sum(lengths(*SERVICES))
    table = [
        ("lines of a file, median", median(files), 110),
        ("lines of a file, nine of ten have at most", quantiles(files, n=10)[-1], 250),
        ("lines of the longest file", max(files), 400),
        ("shared without " + ", ".join(BESIDE) + " ÷ the four services", shared / services, 1.0),
    ]
    for what, found, limit in table:
        sys.stdout.write(f"{'  ' if found <= limit else '! '}{what}: {found:.4g} (at most {limit:g})\n")
    return int(any(found > limit for _, found, limit in table))


if __name__ == "__main__":
    sys.exit(main())
