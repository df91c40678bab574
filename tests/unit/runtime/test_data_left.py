"""What stacks of the tests leave: their data goes, what they said stays, and of a stack that somebody holds nothing goes."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import remove_data

from dossier_local import state


def test_the_data_of_a_stack_goes_once_nobody_holds_it(tmp_path: Path) -> None:
    left, held = tmp_path / "left", tmp_path / "test_one0" / "ground-1"
    locks = [state.lock(folder) for folder in (left, held)]
    for folder in (left, held):
        for name in ("kafka", "mongod", "logs"):
            (folder / name).mkdir()
    locks[0].close()
    remove_data(tmp_path)
    assert {one.name for one in left.iterdir()} == {"lock", "logs"}
    assert {one.name for one in held.iterdir()} == {"lock", "logs", "kafka", "mongod"}
    locks[1].close()
    remove_data(tmp_path)
    assert {one.name for one in held.iterdir()} == {"lock", "logs"}
