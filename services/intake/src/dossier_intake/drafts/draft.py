"""A draft: what was typed, which papers were brought, and where it is to go. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from dossier_shared.problems import Conflict, Invalid

MOST = 20  # drafts of one account
LARGEST = 512 * 1024  # bytes of what was typed


class Left(NamedTuple):
    """An answer that the form of today does not ask for: the label it had, and what was typed."""

    label: str
    value: str


class Content(NamedTuple):
    """What is personal of a draft. `typed`: by posted name; `papers`: as the page keeps them."""

    typed: Mapping[str, Sequence[str]]
    papers: Sequence[str] = ()
    left: Sequence[Left] = ()

    def packed(self) -> bytes:
        """Raises Invalid where it is too much for a draft."""
        packed = orjson.dumps(
            {"typed": {name: list(given) for name, given in sorted(self.typed.items())},
             "papers": list(self.papers), "left": [list(one) for one in self.left]}
        )  # fmt: skip
        if len(packed) > LARGEST:
            raise Invalid(
                "draft-too-large",
                "Nội dung đã nhập dài quá mức lưu được. Hãy rút gọn, hoặc nộp kèm thành tệp. Lần lưu trước vẫn còn.",
                "What was typed is too long. Shorten it, or attach it as a file. What was saved before is still kept.",
                status=413,
            )
        return packed


def unpacked(packed: bytes) -> Content:
    found = orjson.loads(packed)
    return Content(found["typed"], tuple(found["papers"]), tuple(Left(*one) for one in found["left"]))


class Saving(NamedTuple):
    """One of several that an open page sends, and which one: answers are lost, and what was sent before may arrive after."""

    page: str
    number: int


class SavedBy(NamedTuple):
    """The page that saved last. `since`: the revision that its saves, with none of another page between, began on."""

    page: str
    number: int
    since: int


class Begun(NamedTuple):
    """A draft as a list has it: nothing personal in it."""

    id: str
    procedure: str
    agency: str
    saved: datetime
    expires: datetime


class Draft(NamedTuple):
    """`revision` counts what was saved. `catalogue`: by which version of it the form was drawn. `files`: of its papers."""

    id: str
    procedure: str
    agency: str
    revision: int
    saved: datetime
    expires: datetime
    catalogue: str
    content: Content
    files: Sequence[str] = ()
    by: SavedBy | None = None

    def unchanged_since(self, seen: str, saving: Saving | None) -> bool:
        """Whether nobody but the same page saved since it saw this revision: of its own saves the answers were lost."""
        if seen == str(self.revision):
            return True
        if self.by is None or saving is None or not seen.isascii() or not seen.isdecimal():
            return False
        return saving.page == self.by.page and saving.number > self.by.number and int(seen[:18]) >= self.by.since

    def saved_by(self, saving: Saving | None) -> SavedBy | None:
        """Once it is saved."""
        if saving is None:
            return None
        goes_on = self.by is not None and self.by.page == saving.page
        return SavedBy(*saving, self.by.since if self.by is not None and goes_on else self.revision)


def too_many() -> Conflict:
    return Conflict(
        "drafts-too-many",
        f"Bạn đang có {MOST} hồ sơ soạn dở, không lưu thêm được. Hãy nộp hoặc bỏ bớt ở trang Hồ sơ của tôi.",
        f"You have {MOST} filings begun, and no more can be kept. Send some or throw some away on the page of your dossiers.",
    )
