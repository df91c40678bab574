"""A catalogue as a person writes it, and what is said of one that is not right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_shared.problems import Invalid

TEXT = """\
version: 1
agencies:
- code: X-1
  name_vi: Xã Thử
  name_en: Trial commune
  level: commune
  kind: peoples_committee
procedures:
- code: '9.000001'
  name_vi: Thủ tục thử
  name_en: Trial
  field: Thử
  level: commune
  executed_by: [{agency: X-1}]
  online: full
  deadline: {amount: 2, unit: working_day}
  fee_vnd: 0
  documents:
  - {code: D-1, name_vi: Đơn, kind: original}
  result: {name_vi: Giấy, kind: certificate}
  channels: [direct, online]
"""
FORM = "  form:\n    type: object\n    properties:\n"


def findings(text: str | bytes | Mapping[str, Any], base: Catalogue | None = None) -> list[dict[str, Any]]:
    """Every one says where, in both languages."""
    with pytest.raises(Invalid) as refused:
        Catalogue.parse(text, base)
    assert refused.value.code == "catalogue-invalid"
    assert refused.value.errors
    for one in refused.value.errors:
        assert one["code"]
        assert one["message"]["vi"]
        assert one["message"]["en"]
        assert "line" in one
        assert "path" in one
    return refused.value.errors


def where(text: str | bytes, base: Catalogue | None = None) -> list[tuple[str, int | None]]:
    return [(one["path"], one["line"]) for one in findings(text, base)]


def line_of(text: str, part: str) -> int:
    """The line on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1
