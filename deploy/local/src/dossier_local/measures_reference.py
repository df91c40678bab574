"""Writes the table of measures into monitor's README: `python -m dossier_local.measures_reference [repository]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dossier_monitor.projection.durations import EDGES
from dossier_monitor.projection.measure import Measure, Without
from dossier_monitor.projection.registry import MEASURES

PAGE = "services/monitor/README.md"
BEGINS = "<!-- Written by `make contracts` from projection/registry.py: do not edit. -->"
ENDS = "<!-- End of what is written. -->"
_HEAD = ["| measure | where | unit | what it tells | the dossiers behind it |", "|---|---|---|---|---|"]


def table() -> str:
    return "\n".join([BEGINS, *_HEAD, *map(_row, MEASURES), "", *_parts(), ENDS])


def written(page: str) -> str:
    """The page with the table as the registry has it."""
    before, begins, rest = page.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not (begins and ends):
        raise ValueError(f"{PAGE} has no place for the table of measures: {BEGINS} … {ENDS}")
    return before + table() + after


def _row(one: Measure) -> str:
    name = ":".join([one.name, *(f"<{part}>" for part in one.over)])
    return f"| `{name}` | {', '.join(one.of)} | {one.unit} | {one.meaning} | {_filter(one)} |"


def _filter(one: Measure) -> str:
    if isinstance(one.filter, Without):
        return one.filter
    asked = [f"{name}={value}".replace("{", "<").replace("}", ">") for name, value in one.filter.items()]
    if "officer" in one.of and "cell" not in one.of:
        asked.insert(0, "officer=")
    return f"`{'&'.join(asked)}`"


def _parts() -> Iterator[str]:
    """What names go on with."""
    parts = {part: values for one in MEASURES for part, values in one.over.items() if part != "b"}
    for part, values in parts.items():
        yield f"- `<{part}>`: {', '.join(f'`{value}`' for value in values)}"
    edges = ", ".join(_span(edge) for edge in EDGES)
    yield f"- `<b>`: the bucket, from 0; upper edges {edges}; the last, {len(EDGES)}, has none"


def _span(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    raise ValueError(seconds)


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    path = root / PAGE
    page = path.read_text("utf-8")
    text = written(page)
    if text == page:
        return []
    path.write_text(text, "utf-8")
    return [PAGE]


if __name__ == "__main__":
    for name in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()):
        sys.stdout.write(f"{name}\n")
