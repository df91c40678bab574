"""Open data: nobody with a pencil gets at a small number."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.open_data.suppression import ALL, OTHER, K, Path, published

CELLS = st.dictionaries(
    st.tuples(*(st.sampled_from(names) for names in ("12", "abc", "xyz", "od"))), st.integers(1, 14), max_size=30
)


def covers(row: Path, cell: Path, told: set[Path]) -> bool:
    """Whether a published row counts a cell; what has a row of its own is not in its sisters' OTHER."""
    for depth, (shown, real) in enumerate(zip(row, cell, strict=True)):
        if shown == ALL:
            return True
        if shown == OTHER:
            named = (*cell[: depth + 1], *(ALL,) * (len(cell) - depth - 1))
            return named not in told
        if shown != real:
            return False
    return True


@settings(max_examples=300, deadline=None)
@given(cells=CELLS)
def test_no_sum_of_published_numbers_tells_a_small_cell(cells: dict[Path, int]) -> None:
    rows = published(cells)
    told = {row.path for row in rows}
    assert all(row.n >= K for row in rows)
    holds = {row.path: frozenset(cell for cell in cells if covers(row.path, cell, told)) for row in rows}
    assert {row.path: row.n for row in rows} == {path: sum(cells[c] for c in held) for path, held in holds.items()}
    # rows are nested or apart, so whatever can be computed is a sum of these atoms
    atoms: dict[frozenset[Path], set[Path]] = defaultdict(set)
    for cell in cells:
        atoms[frozenset(path for path, held in holds.items() if cell in held)].add(cell)
    for inside, members in atoms.items():
        if inside:
            assert sum(cells[cell] for cell in members) >= K, "a difference of totals gives a small number"
        else:
            for month in "12":
                assert sum(cells[cell] for cell in members if cell[0] == month) < K


@given(cells=CELLS)
def test_rows_below_a_total_add_up_to_it(cells: dict[Path, int]) -> None:
    rows = {row.path: row.n for row in published(cells)}
    for path, n in rows.items():
        depth = next((i for i, part in enumerate(path) if part == ALL), None)
        if depth is None or path[depth - 1] == OTHER:
            continue
        below = [
            m for other, m in rows.items()
            if other[:depth] == path[:depth] and other[depth] != ALL and all(p == ALL for p in other[depth + 1 :])
        ]  # fmt: skip
        assert sum(below) == n


def test_the_next_smallest_hides_a_single_small_one() -> None:
    cells: dict[Path, int] = {("1", "a", "x", "o"): 3, ("1", "b", "x", "o"): 9, ("1", "c", "x", "o"): 20}
    rows = {row.path: row.n for row in published(cells)}
    assert rows["1", "other", "*", "*"] == 12
    assert rows["1", "c", "*", "*"] == 20
    assert ("1", "b", "*", "*") not in rows
    assert published({("1", "a", "x", "o"): 4}) == []
