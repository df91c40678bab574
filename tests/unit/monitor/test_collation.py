from __future__ import annotations

from dossier_monitor.pages.collation import order


def test_names_stand_in_vietnamese_order() -> None:
    names = ["An", "Ăn", "Ân", "Bủ", "Bù Đốp", "Dĩ An", "Đồng Xoài", "Tân Tiến", "Trấn Biên", "Ủy", "Xã 2", "Xã 9"]
    assert sorted(set(names), key=order) == names
