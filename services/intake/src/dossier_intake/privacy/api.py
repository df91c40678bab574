"""What an administrator may ask of the persons' keys: to erase a person, to grant that, to wrap the keys anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dossier_intake.privacy.erasing import Erasures
from dossier_intake.privacy.making import KeyMaker
from dossier_intake.privacy.resealing import DOSSIERS, Holders, Papers
from dossier_shared.adapters.mongo import Document
from dossier_shared.http.auth import authenticate
from dossier_shared.http.internal_privacy import Person
from dossier_shared.http.internal_resealing import FilesRequest
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.problems import Conflict
from dossier_shared.vocabulary.codes import DossierId
from dossier_shared.vocabulary.persons import NumberKind, person_of
from dossier_shared.vocabulary.text import Human

log = structlog.get_logger()
CITIZEN = 12  # digits of a citizen's number; a tax code has ten or thirteen


class ErasureRequest(BaseModel):
    """`person`: a pseudonym, or the number it is made of. `ground`: the legal ground."""

    model_config = ConfigDict(extra="forbid")
    person: Annotated[str, Field(pattern=r"^([apdt]-[a-z2-7]{26}|[0-9]{10,13})$")]
    ground: Annotated[str, Human(2000), Field(min_length=10)]


class GrantRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    erasure: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class HoldersRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dossiers: list[DossierId] = Field(min_length=1, max_length=DOSSIERS)


OfPerson = Callable[[str], Awaitable[Sequence[Document]]]


def privacy_router(erasures: Erasures, beside: Mapping[str, OfPerson], maker: KeyMaker, key: bytes) -> APIRouter:
    """`beside`: what intake has of a person beside their dossiers, by its name: `drafts`, `questions`, `shares`."""
    router = APIRouter(prefix="/internal/privacy", include_in_schema=False)

    @router.get("/beside")
    async def beside_dossiers(request: Request, person: Person) -> Response:
        await authenticate(request, "admin")
        return json_response({name: await of_person(person) for name, of_person in beside.items()})

    @router.post("/erasures")
    async def ask(request: Request) -> Response:
        """Nothing is erased yet: another account has to grant it."""
        who = await authenticate(request, "admin")
        wanted = parse(ErasureRequest, await request.body())
        asked = await erasures.ask(pseudonym(wanted.person, key), wanted.ground, who.sub)
        log.warning("erasure asked for", erasure=asked["_id"], by=who.sub)
        return json_response(_view(asked), 201)

    @router.post("/erasures:grant")
    async def grant(request: Request) -> Response:
        who = await authenticate(request, "admin")
        wanted = parse(GrantRequest, await request.body())
        done = await erasures.grant(wanted.erasure, who.sub)
        log.warning("person erased", erasure=done["_id"], person=done["person"], by=who.sub)
        return json_response(_view(done))

    @router.post("/keys:rotate")
    async def rotate(request: Request) -> Response:
        """Wraps every key anew for those who may read it now."""
        await authenticate(request, "admin")
        return json_response((await maker.rewrap())._asdict())

    return router


def resealing_router(holders: Holders, papers: Papers, *, encrypted: bool) -> APIRouter:
    """What intake alone knows of dossiers filed in clear. `encrypted`: what is filed now is."""
    router = APIRouter(prefix="/internal/privacy", include_in_schema=False)

    def demand_encryption() -> None:
        if not encrypted:
            raise Conflict(
                "not-encrypted",
                "Dữ liệu cá nhân chưa được mã hoá: hãy đặt PERSONAL_DATA=encrypted trước.",
                "Personal data are not encrypted: set PERSONAL_DATA=encrypted first.",
            )

    @router.post("/holders")
    async def holders_of(request: Request) -> Response:
        """By whose key each dossier is to be sealed; the key is made where there is none."""
        await authenticate(request, "admin")
        wanted = parse(HoldersRequest, await request.body())
        demand_encryption()
        found, failed = await holders.of(wanted.dossiers)
        return json_response({"holders": found, "failed": failed})

    @router.post("/reseal:files")
    async def seal_papers(request: Request) -> Response:
        await authenticate(request, "admin")
        wanted = parse(FilesRequest, await request.body())
        demand_encryption()
        return json_response((await papers.seal(wanted.after))._asdict())

    return router


def pseudonym(given: str, key: bytes) -> str:
    if not given.isdigit():
        return given
    kind: NumberKind = "citizen" if len(given) == CITIZEN else "tax"
    return person_of(key, kind, given)


def _view(document: Document) -> Document:
    return {"erasure": document["_id"], **{name: value for name, value in document.items() if name != "_id"}}
