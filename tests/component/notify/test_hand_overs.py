"""The counter's list on a real database: whose results are in it, in which order, and that what was taken leaves it."""

from __future__ import annotations

from uuid import uuid4

from tests.component.desks import codes, desk, officer
from tests.unit.notify.test_state import hear
from tests.unit.notify.told import CITIZEN_ID, Told

from dossier_local.stack import Stack
from dossier_notify.app import build
from dossier_notify.settings import Settings
from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.journal.dossier import Dossier

OWN = {"receiver": "Nguyễn Thị Ánh", "identified_by": "citizen_id", "id_number": CITIZEN_ID, "signed_on": "paper"}


def signed(id_: str, agency: str = "H19.1", received_at: str | None = None, delivery: str = "counter") -> Dossier:
    told = Told(id_, phone=None)
    told.intake.agency = told.signing.agency = agency
    filed = told.submitted(code=f"code-{id_}", delivery=delivery, received_at=received_at)
    dossier, left = hear(filed, told.accepted(), told.signed(), dossier=Dossier(id_))
    assert left == {}
    return dossier


async def test_whose_results_wait_at_which_counter(stack: Stack) -> None:
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"notify-{uuid4().hex}"
    )
    async with desk(build(settings)) as notify:
        entry = {"name_vi": "Trung tâm", "name_en": "Centre", "level": "commune", "kind": "centre", "catalogue": "1"}
        notify.runtime.directory.agencies["H19.9"] = AgencyEntry.model_validate(
            {"code": "H19.9", "serves": ["H19.1", "H19.2"], **entry}
        )
        await notify.put(
            signed("a-own"), signed("b-post", delivery="post"), signed("c-online", delivery="online"),
            signed("d-served", "H19.2"), signed("e-taken-in", "H19.3", received_at="H19.9"), signed("f-other", "H19.4"),
        )  # fmt: skip
        ids = ("a-own", "b-post", "c-online", "d-served", "e-taken-in", "f-other")
        among = [f"code-{id_}" for id_ in ids]
        own, centre = officer("Lê Thị Cúc", "counter"), officer("Hồ Văn Ba", "counter", agency="H19.9")
        assert codes(await notify.page("/work", own), among) == ["code-a-own", "code-b-post"]
        at_centre = ["code-a-own", "code-b-post", "code-d-served", "code-e-taken-in"]
        assert codes(await notify.page("/work", centre), among) == at_centre
        done = await notify.post("/api/v1/dossiers/e-taken-in/hand-over", centre, OWN)
        assert (done.status_code, done.json()["delivery"]["receiver"]) == (200, "Nguyễn Thị Ánh")
        assert codes(await notify.page("/work", centre), among) == at_centre[:3]
        assert (await notify.post("/api/v1/dossiers/f-other/hand-over", centre, OWN)).status_code == 404
