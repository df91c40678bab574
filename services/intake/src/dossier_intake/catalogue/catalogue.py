"""The catalogue of agencies, procedures, forms and working time: checked as a whole, indexed, immutable once made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Self

from dossier_intake.catalogue.model import COMPLETION_DAYS, Agency, CatalogueDocument, Procedure
from dossier_intake.catalogue.reading import checked, read, refused
from dossier_intake.catalogue.stored import StoredFault, still_there, taken
from dossier_intake.forms.form import Form
from dossier_intake.rules.calendars import WorkCalendar
from dossier_shared.problems import Conflict, Invalid
from dossier_shared.vocabulary.yaml import Written


class Catalogue:
    """Made by `load_packaged` or `parse`; both refuse a document that is not right in every part."""

    def __init__(self, document: CatalogueDocument) -> None:
        self._document = document
        self.faults: tuple[StoredFault, ...] = ()
        """Of one that was stored by an earlier release."""
        self.spoilt: frozenset[tuple[str, date]] = frozenset()
        """Keys of procedures under which nothing can be filed until they are corrected."""
        self.calendar = WorkCalendar(document.calendar)
        self.agencies: dict[str, Agency] = {agency.code: agency for agency in document.agencies}
        self.procedures: dict[str, tuple[Procedure, ...]] = {}
        """By code, the newest version first."""
        for procedure in sorted(document.procedures, key=lambda one: one.key, reverse=True):
            self.procedures[procedure.code] = (*self.procedures.get(procedure.code, ()), procedure)
        self.text = json.dumps(self.document(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        """JSON; `parse` of it gives an equal catalogue. To be stored as text: schemas have keys that begin with `$`."""
        self.version = hashlib.sha256(self.text.encode()).hexdigest()[:16]
        """Of the content: the same document gives the same version everywhere."""
        self._children: dict[str, list[str]] = {}
        for agency in document.agencies:
            if agency.parent is not None:
                self._children.setdefault(agency.parent, []).append(agency.code)
        self._executors = {
            procedure.key: frozenset(
                agency.code
                for agency in document.agencies
                if any(executor.matches(agency) for executor in procedure.executed_by)
            )
            for procedure in document.procedures
        }
        self.limits: dict[tuple[str, date], dict[str, Any]] = {
            one.key: one.deadline.model_dump(mode="json", exclude_none=True, exclude={"note"})
            for one in document.procedures
        }
        """Time limits by a procedure's key, as an event carries them."""
        self._forms = {one.key: Form(one.form) for one in document.procedures if one.form is not None}
        self._subtrees: dict[str, frozenset[str]] = {}
        self._above: dict[str, tuple[str, ...]] = {}

    @classmethod
    def load_packaged(cls) -> Catalogue:
        """The starting catalogue that comes with the software."""
        return _packaged()

    @classmethod
    def parse(
        cls, document: Mapping[str, Any] | str | bytes, base: Catalogue | None = None, *, replace: bool = False
    ) -> Self:
        """Raises Invalid `catalogue-invalid` with every finding. How it is laid over `base`: merging.py."""
        given = read(document)
        made = cls(checked(given, None if base is None else base.document(), replace))
        if base is not None and (left := [*still_there(base.faults, given.data, replace)]):
            raise refused(left, given)
        return made

    @classmethod
    def stored(cls, text: str) -> Self:
        """As the database keeps it; see stored.py."""
        document, faults = taken(text)
        made = cls(document)
        made.faults = faults
        made.spoilt = frozenset(
            (fault.key[0], date.fromisoformat(fault.key[1]) if fault.key[1] else date.min)
            for fault in faults
            if fault.spoils
        )
        return made

    def working_time(self) -> WorkCalendar:
        """The calendar, where appointments can be computed with it."""
        if any(fault.part == "calendar" for fault in self.faults):
            raise Conflict(
                "calendar-not-computable",
                "Lịch làm việc trong danh mục không tính được ngày hẹn. Hãy báo quản trị viên nhập lại lịch, rồi thử lại.",
                "No appointment can be computed with the calendar of the catalogue. Have an administrator import it again.",
            )
        return self.calendar

    def whole(self) -> dict[str, Any]:
        """The document with every field there, to be compared."""
        return self._document.model_dump(mode="json")

    def document(self) -> dict[str, Any]:
        """JSON-able; `parse` of it gives an equal catalogue."""
        return self._document.model_dump(mode="json", exclude_defaults=True)

    def procedure(self, code: str, on: date | None = None) -> Procedure:
        """The version in force on a day; without a day, the newest."""
        versions = self.procedures.get(code, ())
        for procedure in versions:
            if on is None or procedure.in_force(on):
                return procedure
        if versions:
            raise Invalid(
                "procedure-not-in-force",
                "Thủ tục này không có hiệu lực vào ngày nộp hồ sơ.",
                "This procedure is not in force on the day of filing.",
            )
        raise Invalid(
            "procedure-unknown", "Không có thủ tục này trong danh mục.", "The catalogue has no such procedure."
        )

    def known(self, code: str, on: date) -> Procedure | None:
        """The version in force on a day, else the newest; None: there is no such procedure."""
        versions = self.procedures.get(code, ())
        return next((one for one in versions if one.in_force(on)), versions[0] if versions else None)

    def agency(self, code: str) -> Agency:
        try:
            return self.agencies[code]
        except KeyError:
            raise Invalid(
                "agency-unknown", "Không có cơ quan này trong danh mục.", "The catalogue has no such agency."
            ) from None

    def subtree(self, code: str) -> frozenset[str]:
        """The agency and every agency below it; nothing for an unknown one."""
        if code not in self.agencies:
            return frozenset()
        if code not in self._subtrees:
            below = [code]
            for known in below:
                below.extend(self._children.get(known, ()))
            self._subtrees[code] = frozenset(below)
        return self._subtrees[code]

    def above(self, code: str) -> tuple[str, ...]:
        """The agencies above one, the nearest first; nothing for an unknown one."""
        if code not in self._above:
            agency = self.agencies.get(code)
            parent = agency.parent if agency else None
            self._above[code] = (parent, *self.above(parent)) if parent else ()
        return self._above[code]

    def served_by(self, centre: str | None) -> frozenset[str]:
        """The agencies a one-stop centre receives for; nothing for what is none."""
        agency = self.agencies.get(centre or "")
        return frozenset(agency.serves) if agency else frozenset()

    def completion_days(self, code: str, on: date) -> int:
        """Working days to hand in what the counter asks for."""
        procedure = self.known(code, on)
        return procedure.completion_days if procedure else COMPLETION_DAYS

    def agencies_of(self, procedure: Procedure) -> frozenset[str]:
        return self._executors[procedure.key]

    def executes(self, agency: str, procedure: Procedure) -> bool:
        return agency in self._executors[procedure.key]

    def papers(self, procedure: str) -> frozenset[str]:
        """Codes of the papers of any version of it; nothing for an unknown one."""
        return frozenset(paper.code for one in self.procedures.get(procedure, ()) for paper in one.documents)

    def paper_name(self, procedure: str, code: str) -> str | None:
        """As the newest version of the procedure that has it calls it."""
        versions = sorted(self.procedures.get(procedure, ()), key=lambda one: one.key, reverse=True)
        return next((paper.name_vi for one in versions for paper in one.documents if paper.code == code), None)

    def form(self, procedure: Procedure) -> Form | None:
        return self._forms.get(procedure.key)

    def fileable(self, code: str, agency: str, channel: str, on: date | None = None) -> Procedure:
        """The procedure, if that agency takes it by that channel on that day; else Invalid, saying why not."""
        procedure = self.procedure(code, on)
        self.agency(agency)
        if procedure.key in self.spoilt:
            raise Conflict(
                "procedure-under-correction",
                "Danh mục có chỗ sai ở thủ tục này, đang chờ quản trị viên sửa. Hãy nộp lại sau.",
                "The catalogue is wrong about this procedure and waits for its correction. File it later.",
            )
        if not self.executes(agency, procedure):
            raise Invalid(
                "agency-not-competent",
                "Cơ quan này không giải quyết thủ tục đã chọn. Hãy chọn cơ quan khác.",
                "This agency does not handle the procedure chosen. Choose another agency.",
            )
        if channel == "online" and not procedure.offers(channel):
            raise Invalid(
                "procedure-not-online",
                "Thủ tục này không nhận hồ sơ trực tuyến. Hãy nộp trực tiếp tại bộ phận một cửa.",
                "This procedure cannot be filed online. File it at the one-stop counter.",
            )
        if not procedure.offers(channel):
            raise Invalid(
                "channel-not-offered",
                "Thủ tục này không nhận hồ sơ qua kênh đã chọn.",
                "This procedure is not taken by the channel chosen.",
            )
        return procedure


@lru_cache(maxsize=1)
def _packaged() -> Catalogue:
    data = files("dossier_intake.catalogue") / "data"

    def part(name: str) -> dict[str, Any]:
        return dict(read((data / name).read_text("utf-8")).data)

    document = {**part("agencies.yaml"), **part("procedures.yaml"), "calendar": part("calendar.yaml")}
    schemas = {
        entry.name.removesuffix(".json"): entry for entry in (data / "forms").iterdir() if entry.name.endswith(".json")
    }
    for procedure in document["procedures"]:
        if (schema := schemas.pop(procedure["code"], None)) is not None:
            procedure["form"] = json.loads(schema.read_text("utf-8"))
    if schemas:
        raise ValueError(f"forms without a procedure: {sorted(schemas)}")
    return Catalogue(checked(Written(document)))
