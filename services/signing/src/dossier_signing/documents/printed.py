"""What of a result will stand on paper, and which letters of it no font has. Pure.

The doors of intake and review look at the same before anything is approved; here are older dossiers, and names that came later.
"""

from __future__ import annotations

from collections.abc import Iterator

from dossier_shared.contracts.events import Letterhead
from dossier_shared.documents.words import printable
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.printing import PrintedText, findings, named, unprintable
from dossier_signing.state import State


def check_document(state: State, leader: str, head: Letterhead | None = None) -> None:
    """Raises Invalid `unprintable-text` that names the letters and their fields, and the way on."""
    if not (found := [(place, letters) for place, letters in findings(places(state, leader, head))]):
        return
    vi = "; ".join(f"{place.vi}: {letters}" for place, letters in found)
    en = "; ".join(f"{place.en}: {letters}" for place, letters in found)
    raise Invalid(
        "unprintable-text",
        f"Văn bản có ký tự không in được ({vi}). Nếu vẫn ký, hãy chọn “Ký, thay ký tự”: chúng được in bằng mã Unicode trong "
        "ngoặc vuông và văn bản ghi rõ điều đó.",
        f"The document has characters that cannot be printed ({en}). To sign it all the same choose “Sign, with code points” "
        "(`substitute: true`): they are printed as Unicode code points in brackets, and the document says so.",
        errors=[
            {
                "path": place.path,
                "code": "unprintable-text",
                "message": {"vi": f"{place.vi}: {letters}", "en": f"{place.en}: {letters}"},
            }
            for place, letters in found
        ],
    )


def odd_letters(state: State) -> str:
    """The letters of a result that no font has, named; for the leader's list."""
    return ", ".join(
        dict.fromkeys(named(letter) for place in places(state) for letter in unprintable(place.text or ""))
    )


def places(state: State, leader: str = "", head: Letterhead | None = None) -> Iterator[PrintedText]:
    yield from _shown(PrintedText("/holder", "Họ tên người nhận", "Name of the holder", state["holder"]))
    if state["status"] == "rejected":
        yield from _shown(PrintedText("/reason", "Lý do từ chối", "Reason for rejecting", state["reason"]))
    for row, entry in enumerate(state["summary"] if isinstance(state["summary"], list) else ()):
        if not isinstance(entry, dict) or not isinstance(label := entry.get("label_vi"), str):
            continue  # of an old event; signing it fails and says so
        yield from _shown(PrintedText(f"/summary/{row}/value", label, entry.get("label_en", ""), entry.get("value")))
        yield from _shown(PrintedText(f"/summary/{row}", "Tên mục của tờ khai", "Title of a field", label))
    agency = state["agency_name"]
    if head is not None:
        agency = "\n".join((head.agency_name, head.parent_name, head.title, head.place, head.on_behalf_of, *head.lines))
    yield from _shown(
        PrintedText("/agency_name", "Tên và chức danh của cơ quan", "Name and titles of the agency", agency)
    )
    yield from _shown(PrintedText("/procedure_name", "Tên thủ tục", "Name of the procedure", state["procedure_name"]))
    yield from _shown(PrintedText("/leader_name", "Tên người ký", "Name of who signs", leader))


def _shown(place: PrintedText) -> Iterator[PrintedText]:
    """As the document sets it; of almost every text nothing more is to be looked at."""
    if isinstance(place.text, str) and unprintable(place.text):
        yield place._replace(text=printable(place.text))
