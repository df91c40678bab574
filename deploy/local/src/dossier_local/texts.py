"""Text files as programs in Vietnam have written them for thirty years: UTF-8, UTF-16, Windows-1258 and -1252, TCVN3 (ABC)."""

from __future__ import annotations

import codecs
import re
from unicodedata import normalize

from dossier_local.errors import StackError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_VIETNAMESE = "aáàảãạăắằẳẵặâấầẩẫậeéèẻẽẹêếềểễệiíìỉĩịoóòỏõọôốồổỗộơớờởỡợuúùủũụưứừửữựyýỳỷỹỵđ"
_LETTERS = frozenset(_VIETNAMESE + _VIETNAMESE.upper())
_SIGNS = frozenset("–—‘’“”„…•·°§«»×±½€₫©®™\u00a0")
# TCVN 5712:1993, which the ABC fonts follow but for capitals with a tone: from byte A1 on
_TCVN3 = "ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵ"
_WESTERN = frozenset(chr(code) for code in range(0xC0, 0x100)) | frozenset("ŠšŽžŒœŸ")
_WORD = re.compile(r"[^\W\d_]+")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SYLLABLE = re.compile(
    r"(?:ngh?|nh|g[hi]?|kh|ph|th|tr|ch|qu|[bcdđhklmnprstvx])?[aăâeêioôơuưy]{1,3}(?:ch|n[gh]|[cmnpt])?"
)
_FOREIGN = 0.1  # a text that reads as Vietnamese is not taken for another language
_ODD = 0.3  # more, and it is another encoding


def decoded(raw: bytes, name: str) -> str:
    """Raises StackError, in a sentence, where it is no text or nobody can tell in which encoding."""
    mark = next((encoding for start, encoding in _MARKS if raw.startswith(start)), None)
    if mark is None and len(raw) > 3 and 0 in raw[:4]:
        mark = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
    try:
        text = raw.decode(mark or "utf-8")
    except UnicodeDecodeError as wrong:
        if mark is not None:
            raise StackError(f"{name} is cut off or damaged: at byte {wrong.start} it is no {mark.upper()}.") from None
        text = _legacy(raw, name)
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise StackError(f"{name}, line {line}: this is no text file.")
    return normalize("NFC", text)


def _legacy(raw: bytes, name: str) -> str:
    """The one of the old encodings in which it reads as words; where several do, the first."""
    found: list[tuple[float, str]] = []
    for read in (_windows_1258, _tcvn3, _windows_1252):
        try:
            text = normalize("NFC", read(raw))
        except UnicodeDecodeError:
            continue
        found.append((_oddness(text, _WESTERN) + _FOREIGN if read is _windows_1252 else _strangeness(text), text))
    least, text = min(found, key=lambda one: one[0], default=(1.0, ""))
    if least > _ODD:
        raise StackError(f"{name} is in an encoding that cannot be told. Save it again as CSV UTF-8 or as .xlsx.")
    return text


def _oddness(text: str, letters: frozenset[str]) -> float:
    """How many of the signs outside ASCII are none of these letters, or stand where none would: a capital within a word."""
    odd = count = 0
    for at, sign in enumerate(text):
        if sign > "\x7e":
            count += 1
            before, behind = text[at - 1 : at], text[at + 1 : at + 2]
            if sign in letters:
                odd += sign.isupper() and before.islower()
            else:
                odd += sign not in _SIGNS or (before.isalpha() and (behind.isalpha() or behind in (" ", "")))
    return odd / count if count else 0.0


def _strangeness(text: str) -> float:
    """How far it is from Vietnamese: odd signs, and words with such letters that are no syllables of it."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    strange = sum(not _is_syllable(word) for word in words)
    return _oddness(text, _LETTERS) + (strange / len(words) if words else 0.0)


def _is_syllable(word: str) -> bool:
    parts = normalize("NFD", word.casefold())
    plain = normalize("NFC", "".join(sign for sign in parts if sign not in _TONES))
    return sum(sign in _TONES for sign in parts) <= 1 and _SYLLABLE.fullmatch(plain) is not None


def _windows_1258(raw: bytes) -> str:
    return raw.decode("cp1258")


def _windows_1252(raw: bytes) -> str:
    return raw.decode("cp1252")


def _tcvn3(raw: bytes) -> str:
    return "".join(chr(byte) if byte < 0xA1 or byte == 0xFF else _TCVN3[byte - 0xA1] for byte in raw)
