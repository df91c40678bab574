"""Which role gets into which endpoint, as it is read (endpoints.txt) and as it is."""

from __future__ import annotations

from . import endpoints


async def test_every_endpoint_lets_in_whom_the_table_says() -> None:
    """And every route asks who is there, but those that are named as public."""
    told = endpoints.table(await endpoints.rows()).splitlines()
    wanted = endpoints.EXPECTED.read_text("utf-8").splitlines()
    assert [line for line in told if line not in wanted] == []
    assert [line for line in wanted if line not in told] == []
