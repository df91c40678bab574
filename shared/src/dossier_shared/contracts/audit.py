"""What a service says on `<service>.audit`: who saw, did or was refused what. No name, no number, no word that anybody typed.

JSON Schema, golden example and AsyncAPI are generated from here (`make contracts`). A new field is optional.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from dossier_shared.contracts.event_parts import Part

SIGNED_IN, SIGNED_OUT, FAILED = "signed-in", "signed-out", "failed-authentication"
DENIED, REFUSED = "denied", "too-many"
EMERGENCY: Final = "emergency"  # access to a dossier of others was taken; what is seen under it says so
LOOK, DOWNLOAD, SEARCH, EXPORT, ADMIN = "look", "download", "search", "export", "admin"
KINDS: Final = (SIGNED_IN, SIGNED_OUT, FAILED, DENIED, REFUSED, EMERGENCY, LOOK, DOWNLOAD, SEARCH, EXPORT, ADMIN)


class AuditEntry(Part):
    """One request that is audited. What changes a dossier is in its journal, and not here."""

    id: str
    time: str
    kind: str  # of KINDS; a reader takes others as they are
    call: str  # method and template of the path
    answered: int  # 200, 403 …
    subject: str | None = None  # of the token; none where nobody was known
    roles: list[str] = Field(default_factory=list)
    agency: str | None = None  # the subject's own
    of: str | None = None  # what the path names: id or code of a dossier, of an agency …
    part: str | None = None  # of it: number of a paper, name of a form
    # id of the emergency access by which it was taken or seen
    emergency: str | None = Field(default=None, exclude_if=lambda access: access is None)
    question: str | None = None  # digest of what was looked for: the same question has the same
    address: str | None = None  # digest, likewise
    request: str | None = None  # id of the request, as the log has it
