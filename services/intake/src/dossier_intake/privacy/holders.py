"""Under which pseudonym a filing's key is kept. Pure."""

from __future__ import annotations

from dossier_intake.filing.checks import Checked
from dossier_shared.contracts.person_keys import READERS, holder_of_other


def holder_of_filing(checked: Checked, dossier_id: str, key: bytes) -> str:
    """The person where their number is known; else the account of who files for themselves, the applicant's phone, and where
    nothing tells one person from another the dossier alone. `key`: PERSON_KEY; without one nobody is told from anybody."""
    return holder_of(checked.person, checked.account, checked.sealed.applicant.phone, dossier_id, key)


def holder_of(person: str | None, account: str | None, phone: str | None, dossier_id: str, key: bytes) -> str:
    """`account`: of who files for themselves."""
    if not key:
        return holder_of_other(b"none", "dossier", dossier_id)
    if person:
        return person
    if account:
        return holder_of_other(key, "account", account)
    if phone:
        return holder_of_other(key, "telephone", phone)
    return holder_of_other(key, "dossier", dossier_id)


def holder_of_file(id_: str, key: bytes) -> str:
    """A paper has a key of its own: it is brought before it is said whom it is about, often by somebody else, and by several."""
    return holder_of_other(key or b"none", "file", id_)


def own_alone(holder: str) -> bool:
    """Nobody but intake reads papers."""
    return holder.startswith("f-")


def next_holder(holder: str) -> str:
    """For whom has been erased and files again: `p-…`, `p-…-2`, `p-…-3`; for the same readers."""
    before, at, readers = holder.partition(READERS)
    kind, name, *number = before.split("-")
    return f"{kind}-{name}-{int(number[0]) + 1 if number else 2}{at}{readers}"
