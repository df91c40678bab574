"""Reads YAML as people write it, and JSON: YAML 1.2 core schema over libyaml, strict where a slip would change the meaning.

`15:00`, `yes` and `2026-12-24` stay text, `010` is ten. Refused with their lines, all at once: a key given twice (both lines),
letters no database keeps, numbers beyond 64 bits. Refused at the first: aliases, tags, what is too large, too deep, not Unicode.
Why not another library: docs/decisions/0021-yaml-is-read-as-1.2.md.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, time
from math import isfinite
from typing import Any, NamedTuple
from unicodedata import is_normalized, normalize

import yaml

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 40
MAX_FAULTS = 100
Place = tuple[str | int, ...]
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT64 = 2**63
_NOT_KEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(  # YAML 1.2.2, 10.3.2
    r"(?P<int>[-+]?[0-9]+)|0o(?P<oct>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


class Fault(NamedTuple):
    """`place`: keys and positions from the root. `line`: from 1; None where what was given had no lines."""

    place: Place
    line: int | None
    code: str
    vi: str
    en: str


class Unreadable(ValueError):
    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.en for fault in faults))


def pointer(place: Place) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


@dataclass(slots=True)
class Written:
    """`data`: JSON values only, keys and texts in NFC."""

    data: Any
    text: str | None = None
    _spots: dict[Place, tuple[int, str | None]] | None = field(default=None, repr=False)

    def line(self, place: Sequence[str | int]) -> int | None:
        """Of what stands at `place`, or of the innermost part around it."""
        spots, place = self._found(), tuple(place)
        while place and place not in spots:
            place = place[:-1]
        return spots[place][0] if place in spots else None

    def source(self, place: Sequence[str | int]) -> str | None:
        """The scalar as it was written: 50.000 where `data` has 50.0."""
        return self._found().get(tuple(place), (0, None))[1]

    def _found(self) -> dict[Place, tuple[int, str | None]]:
        if self._spots is None:
            self._spots = {}
            if self.text is not None:
                with suppress(yaml.YAMLError, ValueError):  # JSON that libyaml does not take: some lines fewer
                    _Building(self.text, self._spots).document()
        return self._spots


def read(text: str | bytes | Mapping[str, Any], max_bytes: int = MAX_BYTES) -> Written:
    """Raises Unreadable."""
    if isinstance(text, Mapping):
        return Written(_plain(text))
    if len(text) > max_bytes:
        vi, en = f"Nội dung quá lớn (tối đa {max_bytes:,} byte).", f"It is too large (at most {max_bytes:,} bytes)."
        raise Unreadable(Fault((), None, "too-large", vi.replace(",", "."), en))
    text = _decoded(text) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "[") and (found := _json(text)) is not None:
        return found
    try:
        return Written(_Building(text).document(), text)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(_syntax(text, error)) from error


def _decoded(raw: bytes) -> str:
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "utf-8")
    if encoding == "utf-8" and 0 in raw[:4] and len(raw) % 2 == 0:
        encoding = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as wrong:
        line = raw[: wrong.start].count(b"\n") + 1
        raise Unreadable(
            Fault(
                (),
                line,
                "not-utf8",
                f"Dòng {line}: tệp không ở dạng UTF-8 (có thể là bảng mã Windows-1258 hoặc TCVN3). Hãy lưu lại dưới dạng UTF-8.",
                f"Line {line}: the file is not UTF-8 (perhaps Windows-1258 or TCVN3). Save it again as UTF-8.",
            )
        ) from None


def _syntax(text: str, error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        odd = _NOT_KEPT.search(text)
        line = text.count("\n", 0, odd.start()) + 1 if odd is not None else None
        vi, en = "Có ký tự điều khiển không được phép. Hãy xoá ký tự đó.", "It has a control character. Remove it."
        return Fault((), line, "text-not-allowed", vi, en)
    lines = text.splitlines()
    line = min(mark.line + 1, max(len(lines), 1))  # libyaml counts the end of the text as a line
    here = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())] or here[mark.column : mark.column + 1] == "\t":
        return Fault(
            (),
            line,
            "tab",
            f"Dòng {line}: thụt đầu dòng bằng phím Tab. Hãy thay bằng dấu cách.",
            f"Line {line}: indented by a tab. Use blanks instead.",
        )
    reason = str(getattr(error, "problem", "") or "")
    return Fault(
        (),
        line,
        "yaml",
        f"Dòng {line}: không đọc được. Hãy kiểm tra thụt đầu dòng, dấu hai chấm và dấu nháy ở dòng này và dòng trước.",
        f"Line {line}: not readable ({reason}). Check the indentation, colons and quotes there and on the line before.",
    )


# -- values ------------------------------------------------------------------------------------------------------------


def _scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2; whatever it does not know is text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789" and (found := _NUMBER.fullmatch(text)) is not None:
        kind, digits = str(found.lastgroup), str(found[str(found.lastgroup)])
        if kind == "float":
            return float(re.sub(r"\.(?=[inIN])", "", digits))
        return int(digits, {"int": 10, "oct": 8, "hex": 16}[kind]) if len(digits) < 100 else _INT64
    return text


def _kept(value: Any, place: Place, line: int | None, faults: list[Fault]) -> Any:
    """The value as it can be stored; what cannot becomes a fault."""
    if type(value) is str:
        if _NOT_KEPT.search(value) is not None:
            faults.append(
                Fault(
                    place,
                    line,
                    "text-not-allowed",
                    "Có ký tự điều khiển hoặc nửa ký tự hỏng. Hãy gõ lại chỗ này.",
                    "It has a control character or half a character. Type it again.",
                )
            )
            return ""
        return value if value.isascii() or is_normalized("NFC", value) else normalize("NFC", value)
    if (type(value) is int and not -_INT64 <= value < _INT64) or (type(value) is float and not isfinite(value)):
        faults.append(
            Fault(
                place,
                line,
                "number-too-large",
                "Số quá lớn. Hãy ghi số nhỏ hơn, hoặc đặt trong dấu nháy.",
                "The number is too large. Write a smaller one, or put it in quotes.",
            )
        )
        return 0
    return value


def _twice(place: Place, first: int | None, second: int | None) -> Fault:
    key = str(place[-1])[:40]
    if first is None or second is None:
        where_vi, where_en = "hai lần", "twice"
    else:
        where_vi, where_en = f"hai lần, ở dòng {first} và dòng {second}", f"twice, on lines {first} and {second}"
    return Fault(
        place,
        second,
        "repeated-key",
        f"Mục '{key}' được ghi {where_vi}. Hãy gộp lại thành một.",
        f"'{key}' is given {where_en}. Make one of the two.",
    )


def _too_deep(place: Place, line: int | None) -> Unreadable:
    return Unreadable(Fault(place[:5], line, "too-deep", "Nội dung lồng nhau quá sâu.", "It is nested too deeply."))


class _Pair(list[tuple[str, Any]]):
    """A JSON object before its keys were compared."""


def _json(text: str) -> Written | None:
    """JSON is read as JSON; None when it is not that: it may still be YAML."""
    try:
        pairs = json.loads(text, object_pairs_hook=_Pair)
    except (ValueError, RecursionError):
        return None
    try:
        return Written(_plain(pairs), text)
    except Unreadable as wrong:  # libyaml, which knows lines, may tell the same with them
        if wrong.faults[0].code == "repeated-key":
            try:
                _Building(text).document()
            except Unreadable as better:
                raise better from None
            except (yaml.YAMLError, ValueError):
                pass
        where = Written(None, text)
        raise Unreadable(*(fault._replace(line=where.line(fault.place)) for fault in wrong.faults)) from None


def _plain(value: Any) -> Any:
    faults: list[Fault] = []

    def walk(node: Any, place: Place) -> Any:
        if len(place) > MAX_DEPTH:
            raise _too_deep(place, None)
        if isinstance(node, Mapping | _Pair):
            made: dict[str, Any] = {}
            for key, item in node.items() if isinstance(node, Mapping) else node:
                name = _kept(str(key), place, None, faults)
                if name in made:
                    faults.append(_twice((*place, name), None, None))
                made[name] = walk(item, (*place, name))
            return made
        if isinstance(node, list | tuple):
            return [walk(item, (*place, number)) for number, item in enumerate(node)]
        if isinstance(node, date | time):
            return node.isoformat()
        return _kept(node, place, None, faults)

    found = walk(value, ())
    if faults:
        raise Unreadable(*faults[:MAX_FAULTS])
    return found


class _Open:
    """A mapping or a list that is being read."""

    __slots__ = ("key", "lines", "made", "place")

    def __init__(self, made: Any, place: Place) -> None:
        self.made, self.place = made, place
        self.key: str | None = None
        self.lines: dict[str, int] = {}


class _Building:
    """From libyaml's events to data, in one pass and without recursion."""

    def __init__(self, text: str, spots: dict[Place, tuple[int, str | None]] | None = None) -> None:
        self._text, self._spots = text, spots
        self._faults: list[Fault] = []
        self._open: list[_Open] = []
        self._root: Any = None
        self._documents = 0

    def document(self) -> Any:
        event: Any
        for event in yaml.parse(self._text, Loader=_Loader):
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
            elif isinstance(event, yaml.AliasEvent):
                vi, en = "Không dùng bí danh YAML (*, &).", "YAML aliases (*, &) are not allowed."
                raise self._at_once(event, "alias", vi, en)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    vi, en = (
                        "Chỉ một tài liệu trong một tệp (có hai dòng ---).",
                        "One document a file (it has two ---).",
                    )
                    raise self._at_once(event, "documents", vi, en)
        if self._faults:
            raise Unreadable(*self._faults[:MAX_FAULTS])
        return self._root

    @staticmethod
    def _at_once(event: Any, code: str, vi: str, en: str) -> Unreadable:
        return Unreadable(Fault((), event.start_mark.line + 1, code, vi, en))

    def _scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._tagged(event.tag if event.tag not in ("!", "tag:yaml.org,2002:str") else None, line)
        plain = event.style in ("", None) and event.tag is None
        top = self._open[-1] if self._open else None
        if top is not None and type(top.made) is dict and top.key is None:
            name = _kept(event.value, top.place, line, self._faults)
            if name in top.lines:
                self._faults.append(_twice((*top.place, name), top.lines[name], line))
            top.lines.setdefault(name, line)
            top.key = name
            return
        place = self._place()
        value = _kept(_scalar(event.value) if plain else event.value, place, line, self._faults)
        self._put(value, place, line, event.value)

    def _begin(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._tagged(event.tag, line)
        place = self._place()
        if len(self._open) >= MAX_DEPTH:
            raise _too_deep(place, line)
        top = self._open[-1] if self._open else None
        if top is not None and type(top.made) is dict and top.key is None:
            vi, en = "Tên mục phải là chữ.", "The name of a field must be text."
            raise Unreadable(Fault(place, line, "key", vi, en))
        made: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(made, place, line, None)
        self._open.append(_Open(made, place))

    def _tagged(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            vi, en = "Không dùng nhãn kiểu YAML (!).", "YAML tags (!) are not allowed."
            raise Unreadable(Fault((), line, "tag", vi, en))

    def _place(self) -> Place:
        if not self._open:
            return ()
        top = self._open[-1]
        return (*top.place, len(top.made)) if type(top.made) is list else (*top.place, str(top.key))

    def _put(self, value: Any, place: Place, line: int, source: str | None) -> None:
        if self._spots is not None:
            self._spots[place] = line, source
        if not self._open:
            self._root = value
            return
        top = self._open[-1]
        if type(top.made) is list:
            top.made.append(value)
        else:
            top.made[top.key] = value
            top.key = None
