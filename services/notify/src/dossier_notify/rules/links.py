"""What a person wrote may not become a link in a message of the office: a reason with an address in it would be a lure.

What is an address goes. Phones make links of much more than addresses (any two words around a dot), so that no list of what to
take out is ever whole: after that, no dot is left between two letters.
"""

from __future__ import annotations

import re

from dossier_shared.vocabulary.text import unhidden

_DOT = r"[.\u2024\u3002\uff0e\uff61]"
_ENDINGS = (
    "app|asia|biz|bid|cc|cf|ch|cloud|club|cn|co|com|de|dev|eu|example|fr|ga|gd|gl|gle|gov|gq|id|info|invalid|io|is|jp|kr|la|link|live|"
    "lol|ly|me|ml|mobi|net|nl|online|org|page|ph|pro|pw|ru|sbs|sg|shop|site|space|store|su|test|th|tk|to|top|tv|tw|uk|us|vip|vn|"
    "website|win|wtf|ws|xyz"
)
_SIGN = re.compile(rf"{_DOT}|[:\uff1a]")  # no address is without one of them
_LINK = re.compile(
    rf"""(?::|\uff1a)(?://|\\\\|\uff0f)                              # scheme://anything
      | (?<!\w)www{_DOT}
      | [A-Za-z0-9-]{_DOT}(?:{_ENDINGS})(?![A-Za-z0-9-])         # a name under a known ending
      | [A-Za-z0-9-]{_DOT}(?-i:[a-z]{{2,}})(?::[0-9]+)?/         # a name with a path
      | (?<![0-9])[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}(?![0-9])  # a number of four bytes
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Of one word: that it is an address."""
_BETWEEN = re.compile(rf"(?<=\w)({_DOT})(?=[^\W\d])")
_NUMBERED = re.compile(rf"(?<=[^\W\d])({_DOT})(?=\d)")


def without_links(text: str) -> str:
    """`Xem bit.ly/x hoặc gọi TP.HCM` → `Xem hoặc gọi TP. HCM`; amounts such as 50.000 stay as they are."""
    words = unhidden(text).split()  # what is hidden is lost on the way, and would close a gap
    kept = " ".join(word for word in words if _SIGN.search(word) is None or _LINK.search(word) is None)
    return _NUMBERED.sub(r"\1 ", _BETWEEN.sub(r"\1 ", kept))
