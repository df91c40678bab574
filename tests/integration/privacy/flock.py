"""A thousand persons nobody can mistake, and how they are found again in any bytes, however these are written.

All that is said of a person has one word in it, `Kvimzux<kind><code>`: letters that are the same in NFC and NFD, in a form folded
for search, in JSON with escapes and in a URL. In base64 it is looked for at its three places of a group, in UTF-16 without its
zeros, in a PDF's strings as hexadecimal digits. Numbers and phones are known ones.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Any, Final, NamedTuple

from dossier_local.simulation.client import Account
from dossier_local.simulation.plan import Step, Story

MARK: Final = "Kvimzux"
CITIZEN: Final = 12  # digits of a number
NAME, RELATIVE, ADDRESS, TEXT, PAPER, FILE = "n", "r", "a", "t", "p", "f"
TEXTS: Final = frozenset({"reason", "text", "question", "answer", "note"})  # of steps
PLACES: Final = frozenset({"address", "detail", "business_name", "home_town", "birth_place", "designer", "description"})
PEOPLE: Final = frozenset({"full_name", "father", "mother", "intended_spouse", "recorded", "requested"})
"""Of forms: places and people who are called by what the person has written."""


class Found(NamedTuple):
    """`person`: their place in the flock; None where only the word was seen. `kind`: of what was said; number; phone; encoded."""

    person: int | None
    kind: str


def word(kind: str, person: int) -> str:
    """`Kvimzuxnabcế`: one word, with letters outside ASCII behind what it is found by."""
    letters = ascii_lowercase
    return f"{MARK}{kind}{letters[person // 676]}{letters[person // 26 % 26]}{letters[person % 26]}ế"


@dataclass(frozen=True, slots=True)
class Canary:
    person: int
    name: str
    number: str
    phone: str  # as it was typed: 0…
    story: Story

    @property
    def international(self) -> str:
        return f"+84{self.phone[1:]}"


def canary(story: Story, person: int) -> Canary:
    """The same story, told of somebody unmistakable."""
    applicant = story.filed.body["applicant"]
    name = f"{word(NAME, person)} Thị Vân"
    teller = _Teller(person, {applicant["name"]: name})
    filed = replace(story.filed, body=teller.retold(story.filed.body), who=teller.account(story.filed.who))
    steps = [replace(step, body=teller.retold(step.body), who=teller.account(step.who)) for step in story.steps]
    told = replace(story, filed=filed, steps=[_with_words(step, person) for step in steps])
    return Canary(person, name, applicant["citizen_id"], applicant["phone"], told)


def _with_words(step: Step, person: int) -> Step:
    said = {key: f"{text} {word(TEXT, person)}." for key, text in step.body.items() if key in TEXTS}
    return replace(step, body={**step.body, **said})


class _Teller:
    def __init__(self, person: int, names: dict[str, str]) -> None:
        self.person, self.names = person, names

    def account(self, who: Account) -> Account:
        return replace(who, name=self.names.get(who.name, who.name))

    def retold(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self.retold(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.retold(one, key) for one in value]
        if not isinstance(value, str):
            return value
        if value in self.names:
            return self.names[value]
        if key in PEOPLE:
            return f"{word(RELATIVE, self.person)} Thị Hai"
        return f"{word(ADDRESS, self.person)}, {value}" if key in PLACES else value


class Flock:
    def __init__(self, canaries: Iterable[Canary]) -> None:
        self.all = list(canaries)
        self._numbers = {one.number.encode(): one.person for one in self.all}
        self._phones = {one.phone[1:].encode(): one.person for one in self.all}
        assert len({*self._numbers, *self._phones}) == 2 * len(self.all), "each of them has their own"

    def found(self, content: bytes) -> set[Found]:
        """Whoever stands there, in any way of writing."""
        seen = set(self._in(content))
        if b"\0" in content:
            seen |= {one for one in self._in(content.replace(b"\0", b"")) if one.kind != "encoded"}
        return seen

    def _in(self, content: bytes) -> Iterator[Found]:
        lower = content.lower()
        if _WORD_BEGINS in lower:
            for word_ in _WORD.finditer(lower):
                code = word_[2]
                yield Found((code[0] - 97) * 676 + (code[1] - 97) * 26 + code[2] - 97, word_[1].decode())
        if any(core in content for core in _ENCODED):
            yield Found(None, "encoded")
        for digits in _DIGITS.findall(content):
            if len(digits) == CITIZEN and (person := self._numbers.get(digits)) is not None:
                yield Found(person, "number")
            elif digits[:-9] in (b"0", b"84") and (person := self._phones.get(digits[-9:])) is not None:
                yield Found(person, "phone")


def _cores() -> Iterator[bytes]:
    """What is the same of the word in base64 wherever it begins, and in hexadecimal digits of one and two bytes a letter."""
    for text in (MARK, MARK.lower(), MARK.upper()):
        plain, wide = text.encode(), text.encode("utf-16-be")
        for before in range(3):
            whole, end = b64encode(b"\0" * before + plain + b"\0\0"), (before + len(plain)) * 8 // 6
            yield whole[-(before * 8 // -6) : end]
        yield plain.hex().encode()
        yield wide.hex().encode()
        yield plain.hex().upper().encode()
        yield wide.hex().upper().encode()


_WORD_BEGINS: Final = MARK.lower().encode()
_WORD: Final = re.compile(_WORD_BEGINS + rb"([a-z])([a-z]{3})")
_ENCODED: Final = tuple(dict.fromkeys(_cores()))
_DIGITS: Final = re.compile(rb"[0-9]{10,}")
