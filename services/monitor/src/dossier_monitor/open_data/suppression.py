"""Counts nobody can be found in: no published number, nor any difference of published numbers, counts fewer than K. Pure.

Counts form a tree (month > agency > procedure > channel) and totals are published only along it. At every branch what
counts fewer than K goes into one row OTHER, with as many of the next smallest as it takes to make that K and to hold at
least two: so what is missing from a total is never a small cell, and how many are in OTHER is not told. Below OTHER
nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

K: Final = 5
OTHER: Final = "other"
ALL: Final = "*"
Path = tuple[str, ...]


class Row(NamedTuple):
    """`path` is as long as the tree is deep; ALL where it is a total, OTHER where it is a rest."""

    path: Path
    n: int


def published(cells: Mapping[Path, int]) -> list[Row]:
    """`cells`: full paths with their counts; a tree whose first level is below K is not told at all."""
    trees = _parted(cells, 0)
    return [
        row for first in sorted(trees) if sum(trees[first].values()) >= K for row in _branch((first,), trees[first])
    ]


def _branch(at: Path, cells: Mapping[Path, int]) -> Iterator[Row]:
    depth = len(next(iter(cells)))
    yield Row(at + (ALL,) * (depth - len(at)), sum(cells.values()))
    if len(at) == depth:
        return
    parts = _parted(cells, len(at))
    sums = {name: sum(part.values()) for name, part in parts.items()}
    rest = _rest(sums)
    for name in sorted(sums.keys() - set(rest)):
        yield from _branch((*at, name), parts[name])
    if rest:
        yield Row((*at, OTHER) + (ALL,) * (depth - len(at) - 1), sum(sums[name] for name in rest))


def _parted(cells: Mapping[Path, int], level: int) -> dict[str, dict[Path, int]]:
    parts: dict[str, dict[Path, int]] = {}
    for path, n in cells.items():
        if n > 0:
            parts.setdefault(path[level], {})[path] = n
    return parts


def _rest(sums: Mapping[str, int]) -> Sequence[str]:
    by_size = sorted(sums, key=lambda name: (sums[name], name))
    small = sum(n < K for n in sums.values())
    if not small:
        return ()
    while small < len(by_size) and (small < 2 or sum(sums[name] for name in by_size[:small]) < K):
        small += 1
    return by_size[:small]
