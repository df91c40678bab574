"""What nobody means when they write a catalogue. Told of what an import gives, not of what is stored already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.model import Agency, CatalogueDocument, Procedure
from dossier_shared.vocabulary.names import mixes_alphabets
from dossier_shared.vocabulary.yaml import Place, Written

LINES, LETTERS = 4, 120
_OFFSET = timedelta(hours=7)
_RANK = {"commune": 0, "province": 1, "ministry": 2}
_BASED = re.compile(r"[-+]?0[xo][0-9a-fA-F]+")


def sense(document: CatalogueDocument) -> Iterator[Finding]:
    yield from _alike("agencies", ("cơ quan", "agency"), [one.code for one in document.agencies], ())
    yield from _alike("procedures", ("thủ tục", "procedure"), [one.code for one in document.procedures], ())
    known = {agency.code: agency for agency in document.agencies}
    for number, agency in enumerate(document.agencies):
        yield from _agency(agency, known.get(agency.parent or ""), ("agencies", number))
    for number, procedure in enumerate(document.procedures):
        yield from _procedure(procedure, ("procedures", number))
    zone, holidays = document.calendar.time_zone, document.calendar.public_holidays
    if any(ZoneInfo(zone).utcoffset(datetime(2026, month, 1)) != _OFFSET for month in (1, 7)):  # noqa: DTZ001
        vi = "time_zone: giờ ở đây là giờ Việt Nam (+07:00). Hãy ghi Asia/Ho_Chi_Minh."
        en = "time_zone: hours here are Vietnam's (+07:00). Write Asia/Ho_Chi_Minh."
        yield Finding(("calendar", "time_zone"), "time-zone", vi, en)
    if holidays not in ("VN", None):
        vi = "public_holidays: ngày lễ ở đây là của Việt Nam. Hãy ghi VN, hoặc null."
        en = "public_holidays: the holidays here are Vietnam's. Write VN, or null."
        yield Finding(("calendar", "public_holidays"), "holidays", vi, en)


def other_bases(given: Written) -> Iterator[Finding]:
    """`0x10`: YAML takes it for sixteen; whoever writes an amount or a count so has slipped."""
    if given.text is None or re.search(r"0[xo][0-9a-fA-F]", given.text) is None:
        return

    def walk(node: Any, place: Place) -> Iterator[Finding]:
        if isinstance(node, dict | list):
            for step, item in node.items() if isinstance(node, dict) else enumerate(node):
                yield from walk(item, (*place, step))
        elif type(node) is int and _BASED.fullmatch(given.source(place) or "") is not None:
            vi = f"{place[-1]}: số viết theo hệ 16 hoặc hệ 8. Hãy viết số thập phân."
            en = f"{place[-1]}: the number is hexadecimal or octal. Write it in decimals."
            yield Finding(place, "number-base", vi, en)

    yield from walk(given.data, ())


def _alike(part: str, names: tuple[str, str], codes: Iterable[str], within: Place) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for number, code in enumerate(codes):
        first = seen.setdefault(code.upper(), code)
        if first != code:
            vi = f"Mã {names[0]} {code} chỉ khác {first} ở chữ hoa, chữ thường. Hãy dùng một cách viết."
            en = f"The code of {names[1]} {code} differs from {first} only in capitals. Use one of the two."
            yield Finding((*within, part, number), "repeated", vi, en)


def _agency(agency: Agency, parent: Agency | None, place: Place) -> Iterator[Finding]:
    code = agency.code
    if mixes_alphabets(agency.name_vi):
        vi = f"{code}, name_vi: có từ lẫn chữ của hai bảng chữ cái. Hãy gõ lại."
        en = f"{code}, name_vi: a word mixes letters of two alphabets. Type it again."
        yield Finding((*place, "name_vi"), "name-invalid", vi, en)
    if parent is not None and _RANK[parent.level] < _RANK[agency.level]:
        vi, en = (
            f"{code}: cơ quan cấp trên {parent.code} ở cấp thấp hơn.",
            f"{code}: its parent {parent.code} is lower.",
        )
        yield Finding((*place, "parent"), "parent-lower", vi, en)
    head = agency.signature.letterhead if agency.signature is not None else ()
    if len(head) > LINES or any(len(line) > LETTERS for line in head):
        vi = f"{code}, letterhead: tối đa {LINES} dòng, mỗi dòng {LETTERS} chữ."
        en = f"{code}, letterhead: at most {LINES} lines of {LETTERS} letters."
        yield Finding((*place, "signature", "letterhead"), "letterhead", vi, en)


def _procedure(procedure: Procedure, place: Place) -> Iterator[Finding]:
    code = procedure.code
    yield from _alike("documents", ("giấy tờ", "document"), [paper.code for paper in procedure.documents], place)
    lists = [("channels", procedure.channels), ("messages", procedure.messages)]
    found: list[tuple[Place, tuple[str, ...]]] = [((*place, name), chosen) for name, chosen in lists]
    for number, paper in enumerate(procedure.documents):
        where: Place = (*place, "documents", number)
        found.append(((*where, "only_channels"), paper.only_channels or ()))
        if paper.copies == 0:
            vi = f"{code}, {paper.code}: số bản (copies) là 0. Hãy ghi từ 1, hoặc bỏ giấy tờ này."
            en = f"{code}, {paper.code}: copies is 0. Give 1 or more, or leave the paper out."
            yield Finding((*where, "copies"), "copies", vi, en)
    for where, chosen in found:
        if len(set(chosen)) < len(chosen):
            vi, en = f"{code}, {where[-1]}: có giá trị ghi hai lần.", f"{code}, {where[-1]}: a value is given twice."
            yield Finding(where, "repeated", vi, en)
    if procedure.fee_vnd == ():
        vi = f"{code}, fee_vnd: danh sách trống. Không thu thì ghi 0; chưa biết thì bỏ mục này."
        en = f"{code}, fee_vnd: the list is empty. Write 0 where it costs nothing; leave it out where it is not known."
        yield Finding((*place, "fee_vnd"), "fee", vi, en)
