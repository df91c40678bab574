"""What a person wrote may not become a link in a message of the office: a reason with an address in it would be a lure.

What is an address goes. Phones make links of much more than addresses (any two words around a dot), so that no list of what to
take out is ever whole: after that, no dot is left between two letters.
"""

from __future__ import annotations

import re

import regex

_DOT = r"[.\u2024\u3002\uff0e\uff61]"
_ENDINGS = (
    "app|asia|biz|bid|cc|cf|ch|cloud|club|cn|co|com|de|dev|eu|example|fr|ga|gd|gl|gle|gov|gq|id|info|invalid|io|is|jp|kr|la|link|live|"
    "lol|ly|me|ml|mobi|net|nl|online|org|page|ph|pro|pw|ru|sbs|sg|shop|site|space|store|su|test|th|tk|to|top|tv|tw|uk|us|vip|vn|"
    "website|win|wtf|ws|xyz"
)
_LINK = re.compile(
    rf"""\S*:(?://|\\\\)\S*                                          # scheme://anything
      | (?<!\w)www{_DOT}\S+
      | \S*[A-Za-z0-9-]{_DOT}(?:{_ENDINGS})(?![A-Za-z0-9-])\S*       # a name under a known ending
      | \S*[A-Za-z0-9-]{_DOT}(?-i:[a-z]{{2,}})(?::[0-9]+)?/\S*             # a name with a path
      | \S*(?<![0-9])[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}(?![0-9])\S*   # a number of four bytes
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HIDDEN = regex.compile(
    r"[\p{Cf}\p{Default_Ignorable_Code_Point}]"
)  # a message loses them later, and would close the gap
_BETWEEN = re.compile(rf"(?<=\w)({_DOT})(?=[^\W\d])")
_NUMBERED = re.compile(rf"(?<=[^\W\d])({_DOT})(?=\d)")


def without_links(text: str) -> str:
    """`Xem bit.ly/x hoặc gọi TP.HCM` → `Xem hoặc gọi TP. HCM`; amounts such as 50.000 stay as they are."""
    text = _HIDDEN.sub("", text)
    return " ".join(_NUMBERED.sub(r"\1 ", _BETWEEN.sub(r"\1 ", _LINK.sub(" ", text))).split())
