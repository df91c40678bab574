"""What an import changes, as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Table

_SIGNS = {"added": "+ thêm / added", "changed": "~ sửa / changed", "removed": "- bỏ / removed"}


def parts(answer: dict[str, Any]) -> Iterator[Table | str]:
    """`answer`: of `PUT /api/v1/catalogue`."""
    if answer["changes"]:
        table = Table("", "mục / what", "thay đổi / change")
        for change in answer["changes"]:
            what = f"{change['what']} {change['code']}".strip()
            table.add_row(_SIGNS[change["change"]], escape(what), f"{escape(change['vi'])}\n{escape(change['en'])}")
        yield table
    else:
        yield "Không có gì thay đổi. / Nothing changes."
    for day in answer["newly_off"]:
        yield (
            f"{day['date']}: {day['dossiers']} hồ sơ có ngày hẹn vào ngày nay là ngày nghỉ; ngày hẹn chưa được dời. / "
            f"{day['dossiers']} dossiers are promised for this day, which is now off; their appointments are not moved."
        )
        if day.get("ids"):
            yield "  " + "\n  ".join(day["ids"])
    counts = f"{answer['procedures']} procedures and {answer['agencies']} agencies."
    if answer["dry_run"]:
        yield f"Chỉ kiểm tra, chưa đổi gì. / Checked only, nothing was changed: the catalogue would have {counts}"
    else:
        yield f"The catalogue now has {counts}"
