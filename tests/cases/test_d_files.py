"""Files as they come in (cases D1, D2, D4, D5, D6; attacks 9, 15): whose they are, what they are called, what is in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import httpx
import orjson
import pikepdf
import pytest
from PIL import Image, ImageOps, PngImagePlugin
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake  # noqa: F401 - a fixture
from tests.component.intake.papers import agency_of, filing

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.inspection.verdicts import Fit, Unfit
from dossier_local.memory import Author
from dossier_local.simulation.papers import scan
from dossier_shared.contracts.events import SupplementRequested, SupplementRequestedSealed

from . import files

ONE, OTHER = officer("u-1", "citizen", agency=None), officer("u-2", "citizen", agency=None)
AGENT = officer("a-1", "agent", agency=None)
PROCEDURE, PAPER = "1.001193", "G15-KQ004389"  # a birth: one paper
COUNTER = officer("c-1", "counter", agency=agency_of(PROCEDURE))
TYPES = {"application/pdf": "scan.pdf", "image/jpeg": "scan.jpg", "image/png": "scan.png"}

GOOD = {"application/pdf": files.pdf(), "image/jpeg": files.jpeg(), "image/png": files.png()}


def sha(content: bytes) -> str:
    return sha256(content).hexdigest()


async def upload(
    desk: Desk, content: bytes, who: dict[str, str] = ONE, name: str = "scan.pdf", kind: str = "application/pdf"
) -> httpx.Response:
    headers = {**who, "content-type": kind} if kind else who
    return await desk.http.post("/api/v1/documents", params={"name": name}, headers=headers, content=content)


async def file_id(desk: Desk, content: bytes, who: dict[str, str] = ONE, name: str = "scan.pdf") -> str:
    answer = await upload(desk, content, who, name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def file_with(desk: Desk, id_: str, who: dict[str, str] = ONE, **more: str) -> httpx.Response:
    body = filing(PROCEDURE, documents=[{"code": PAPER, "id": id_, **more}])
    return await desk.post("/api/v1/dossiers", who, body)


async def names_in(desk: Desk, answer: httpx.Response) -> list[str]:
    """As the officer's case shows them: of what was recorded last."""
    assert answer.status_code in (200, 201), answer.text
    sealed = (await desk.stored(answer.json()["id"]))["journal"][-1]["sealed"]
    return list(orjson.loads(sealed)["documents"])


async def stored(desk: Desk, id_: str) -> bytes:
    content = await desk.runtime.files.get(id_)
    assert content is not None
    return content


async def asked_for_more(desk: Desk, dossier: str) -> str:
    """Accepted, in review, and asked for a supplement; the path to send it to."""
    assert (await desk.post(f"/api/v1/dossiers/{dossier}/accept", COUNTER)).status_code == 200
    asked = Author("review", dossier).says(SupplementRequested(), SupplementRequestedSealed(text="Thiếu chữ ký."))
    await desk.hears(asked)
    return f"/api/v1/dossiers/{dossier}/supplement"


def told_apart(answer: httpx.Response) -> tuple[int, dict[str, Any]]:
    """All that an answer says, but for whose request it was."""
    return answer.status_code, {key: value for key, value in answer.json().items() if key != "request_id"}


# -- whose it is, and what it is called ------------------------------------------------------------------------------------


async def test_d1_each_sees_their_own_name(intake: Desk) -> None:  # noqa: F811
    same = files.pdf()
    people = ((ONE, "giấy của An.pdf"), (OTHER, "giấy của Bình.pdf"))
    for who, name in people:
        await file_id(intake, same, who, name)
    for who, name in people:
        assert await names_in(intake, await file_with(intake, sha(same), who)) == [name]
    assert await intake.runtime.db["files.files"].count_documents({}) == 1


async def test_d1_the_name_of_a_use_not_of_the_first_use(intake: Desk) -> None:  # noqa: F811
    """Siblings: one person, one file, two names; a name said where it is attached; in a batch; in a supplement."""
    same = files.pdf()
    for name in ("bản nháp.pdf", "bản chính.pdf"):
        id_ = await file_id(intake, same, ONE, name)
        assert await names_in(intake, await file_with(intake, id_)) == [name]
    first = await file_with(intake, id_, name="../Giấy\u202echứng sinh.exe")
    assert await names_in(intake, first) == ["Giấychứng sinh.exe.pdf"]
    await file_id(intake, same, AGENT, "của người được uỷ quyền.pdf")
    items = [{"key": "one", "filing": filing(PROCEDURE, documents=[{"code": PAPER, "id": id_}])}]
    batch = (await intake.post("/api/v1/dossiers:batch", AGENT, {"items": items})).json()["items"]
    sealed = (await intake.stored(batch[0]["dossier"]["id"]))["journal"][0]["sealed"]
    assert orjson.loads(sealed)["documents"] == ["của người được uỷ quyền.pdf"]
    path = await asked_for_more(intake, first.json()["id"])
    given = await intake.post(path, ONE, {"documents": [{"code": PAPER, "id": id_, "name": "bổ sung.pdf"}]})
    assert await names_in(intake, given) == ["bổ sung.pdf"]


@pytest.mark.parametrize("who", [OTHER, AGENT, COUNTER], ids=["citizen", "agent", "counter"])
async def test_d2_a_file_one_has_never_uploaded(intake: Desk, who: dict[str, str]) -> None:  # noqa: F811
    """Whether somebody else has is not told: the answer is that for what nobody has."""
    known = await file_id(intake, files.pdf(), ONE)
    answer = await file_with(intake, known, who)
    assert (answer.status_code, answer.json()["code"]) == (422, "document-unknown")
    assert told_apart(answer) == told_apart(await file_with(intake, "0" * 64, who))
    assert await intake.runtime.dossiers.table.count_documents({}) == 0
    assert (await upload(intake, files.pdf(), who)).json()["id"] == known
    assert (await file_with(intake, known, who)).status_code == 201


async def test_d2_in_a_batch(intake: Desk) -> None:  # noqa: F811
    known = await file_id(intake, files.pdf(), ONE)
    own = await file_id(intake, files.jpeg(), AGENT, "own.jpg")
    items = [
        {"key": key, "filing": filing(PROCEDURE, documents=[{"code": PAPER, "id": id_}])}
        for key, id_ in (("foreign", known), ("nobody", "0" * 64), ("own", own), ("none", "g" * 64))
    ]
    outcomes = (await intake.post("/api/v1/dossiers:batch", AGENT, {"items": items})).json()["items"]
    assert [item["status"] for item in outcomes] == [422, 422, 201, 422]
    assert outcomes[0]["problem"]["code"] == outcomes[1]["problem"]["code"] == "document-unknown"


async def test_attack_9_a_supplement_names_another_persons_file(intake: Desk) -> None:  # noqa: F811
    own = await file_id(intake, files.jpeg(), ONE)
    foreign = await file_id(intake, files.pdf(), OTHER, "bí mật của người khác.pdf")
    filed = await file_with(intake, own)
    path = await asked_for_more(intake, filed.json()["id"])
    answers = [
        await intake.post(path, who, {"documents": [{"code": PAPER, "id": id_}]})
        for who in (ONE, COUNTER)
        for id_ in (foreign, "0" * 64)
    ]
    assert {answer.json()["code"] for answer in answers} == {"document-unknown"}
    assert told_apart(answers[0]) == told_apart(answers[1])
    for code in ("NO-SUCH", "G17-KQ002712", ""):
        refused = await intake.post(path, ONE, {"documents": [{"code": PAPER, "id": own}, {"code": code, "id": own}]})
        assert (refused.status_code, refused.json()["code"]) == (422, "document-not-of-procedure")
        assert [error["path"] for error in refused.json()["errors"]] == ["/documents/1"]
    documents = [{"code": code, "id": own} for code in (PAPER, "supplement")]
    assert (await intake.post(path, ONE, {"documents": documents})).status_code == 200


async def test_attack_9_codes_of_the_catalogue_a_dossier_was_filed_under(intake: Desk) -> None:  # noqa: F811
    """A paper that the procedure no longer has may still be what was asked for."""
    own = await file_id(intake, files.pdf())
    path = await asked_for_more(intake, (await file_with(intake, own)).json()["id"])
    catalogues = intake.app.state.catalogues
    document = catalogues.current.document()
    for procedure in document["procedures"]:
        if procedure["code"] == PROCEDURE:
            procedure["documents"] = []
    await catalogues.publish(Catalogue.parse(document))
    refused = await intake.post(path, ONE, {"documents": [{"code": "NO-SUCH", "id": own}]})
    assert refused.json()["code"] == "document-not-of-procedure"
    assert (await intake.post(path, ONE, {"documents": [{"code": PAPER, "id": own}]})).status_code == 200


async def test_d2_files_of_the_release_before_can_be_attached_for_a_while(intake: Desk) -> None:  # noqa: F811
    """It kept type and name with the bytes, and nobody's name."""
    content = files.pdf()
    id_ = await intake.runtime.files.put(content, {"type": "application/pdf", "name": "hôm qua.pdf"})
    assert await names_in(intake, await file_with(intake, id_)) == ["hôm qua.pdf"]
    old = {"$set": {"uploadDate": datetime.now(UTC) - timedelta(days=8)}}
    await intake.runtime.db["files.files"].update_one({"filename": id_}, old)
    assert (await file_with(intake, id_)).json()["code"] == "document-unknown"
    await file_id(intake, content, ONE, "hôm nay.pdf")
    assert await names_in(intake, await file_with(intake, id_)) == ["hôm nay.pdf"]


async def test_d2_the_release_before_put_back_can_still_read_what_is_stored(intake: Desk) -> None:  # noqa: F811
    """It takes type and name from beside the bytes; the name there is nobody's."""
    id_ = await file_id(intake, files.pdf(), ONE, "giấy của An.pdf")
    entry = await intake.runtime.db["files.files"].find_one({"filename": id_})
    assert entry is not None
    assert (entry["metadata"]["type"], entry["metadata"]["name"]) == ("application/pdf", "tai-lieu.pdf")


# -- what is in it ---------------------------------------------------------------------------------------------------------

BAD: dict[str, tuple[bytes, int, str]] = {
    "four letters": (b"%PDF", 422, "document-broken"),
    "a header": (b"%PDF-1.7\n%%EOF\n", 422, "document-broken"),
    "cut in the middle": (files.pdf()[:300], 422, "document-broken"),
    "cut near the end": (files.pdf()[:-30], 422, "document-broken"),
    "locked": (files.pdf(encryption=pikepdf.Encryption(user="x", owner="y")), 422, "document-locked"),
    "no pages": (files.pdf(files.without_pages), 422, "document-without-pages"),
    "javascript": (files.pdf(files.with_javascript), 422, "document-active-content"),
    "javascript of a page": (files.pdf(files.with_javascript_on_a_page), 422, "document-active-content"),
    "javascript by name": (files.pdf(files.with_javascript_by_name), 422, "document-active-content"),
    "javascript packed away": (
        files.pdf(files.with_javascript_by_name, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        422,
        "document-active-content",
    ),
    "javascript spelt otherwise": (
        files.pdf(files.with_javascript).replace(b"/JavaScript", b"/J#61vaScript"),
        422,
        "document-active-content",
    ),
    "a launch": (files.pdf(files.with_a_launch), 422, "document-active-content"),
    "a program": (files.pdf(files.with_a_program), 422, "document-active-content"),
    "a file on a page": (files.pdf(files.with_an_attachment_on_the_page), 422, "document-active-content"),
    "XFA": (files.pdf(files.with_xfa), 422, "document-active-content"),
    "a film": (files.pdf(files.with_a_film), 422, "document-active-content"),
    "a form that sends": (files.pdf(files.with_a_form_that_sends), 422, "document-active-content"),
    "a link into the computer": (files.pdf(files.with_a_link("file:///c:/x.exe")), 422, "document-active-content"),
    "a ZIP behind a PDF": (files.pdf() + files.archive("a.class"), 422, "document-two-in-one"),
    "a page of the web behind a PDF": (files.pdf() + b"<script>1</script>", 422, "document-two-in-one"),
    "a PNG without a picture": (files.png()[:33], 422, "document-broken"),
    "a PNG without pixels": (files.png()[:33] + files.png()[-12:], 422, "document-broken"),
    "half a PNG": (files.png()[: len(files.png()) // 2], 422, "document-broken"),
    "a JPEG of a few bytes": (files.jpeg()[:20], 422, "document-broken"),
    "half a JPEG": (files.jpeg()[: len(files.jpeg()) // 2], 422, "document-broken"),
    "half a HEIC": (files.heic()[: len(files.heic()) // 2], 422, "document-broken"),
    "more pixels than paper": (files.bomb(), 422, "document-too-many-pixels"),
    "EICAR": (files.EICAR, 422, "document-infected"),
    "EICAR in a PDF": (files.pdf(files.with_text(files.EICAR)), 422, "document-infected"),
    "EICAR behind a PNG": (files.png() + files.EICAR, 422, "document-infected"),
}
OTHERS: dict[str, tuple[bytes, str]] = {
    "WebP": (files.saved(files.noise(), "WEBP"), "WebP"),
    "TIFF": (files.saved(files.noise(60, 40), "TIFF"), "TIFF"),
    "GIF": (files.saved(files.noise(60, 40), "GIF"), "GIF"),
    "AVIF": (files.saved(files.noise(60, 40), "AVIF"), "AVIF"),
    "DOCX": (files.archive("[Content_Types].xml", "word/document.xml"), "Word"),
    "ZIP": (files.archive("scan.pdf"), "ZIP"),
    "a form's body": (b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + files.pdf(), "multipart"),
    "a page of the web": (b"<html><script>1</script></html>", "JPEG"),
    "a program": (b"MZ\x90\x00" + bytes(200), "JPEG"),
}


@pytest.mark.parametrize("name", BAD)
async def test_d4_looked_into_and_refused_with_the_reason(inspectors: Inspectors, name: str) -> None:
    content, status, code = BAD[name]
    verdict = await inspectors.look(content)
    assert isinstance(verdict, Unfit), verdict
    assert (verdict.status, verdict.code) == (status, code)


async def test_d4_nothing_of_it_is_kept(intake: Desk) -> None:  # noqa: F811
    for name, (content, status, code) in BAD.items():
        answer = await upload(intake, content)
        assert (answer.status_code, answer.json().get("code")) == (status, code), name
        assert {"vi", "en"} == answer.json()["message"].keys()
        assert "app.alert" not in answer.text
    for table in ("files.files", "files.chunks", "uploads"):
        assert await intake.runtime.db[table].count_documents({}) == 0


async def test_attack_15_javascript_launch_eicar_and_a_header_are_refused(intake: Desk) -> None:  # noqa: F811
    for name in ("javascript", "a launch", "EICAR", "EICAR in a PDF", "a PNG without a picture"):
        assert (await upload(intake, BAD[name][0])).status_code == 422, name


async def test_d4_another_kind_is_named_and_so_is_what_is_taken(intake: Desk) -> None:  # noqa: F811
    for content, word in OTHERS.values():
        answer = await upload(intake, content, kind="application/pdf")
        assert (answer.status_code, answer.json()["code"]) == (415, "document-type-refused")
        for text in answer.json()["message"].values():
            assert word in text
            assert all(taken in text for taken in ("PDF", "JPEG", "PNG", "HEIC"))


async def test_d4_good_files_keep_every_byte(intake: Desk) -> None:  # noqa: F811
    """Also a link to a page of the web, a restriction without a password, a scan that its program packed by itself."""
    good = (
        files.pdf(), files.pdf(files.with_a_link("https://dichvucong.gov.vn")), scan("G1", 1),
        files.pdf(encryption=pikepdf.Encryption(user="", owner="y")), b"\n" + files.pdf(), files.pdf() + b"\r\n\x00",
        files.pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate), files.pdf(linearize=True),
        files.jpeg(), files.jpeg(progressive=True), files.png(), files.saved(files.noise().convert("CMYK"), "JPEG"),
    )  # fmt: skip
    for content in good:
        answer = await upload(intake, content)
        assert (answer.status_code, answer.json().get("id")) == (201, sha(content)), answer.text
        assert "changes" not in answer.json()
        assert await stored(intake, sha(content)) == content


async def test_d4_where_and_with_what_a_picture_was_taken_is_not_kept(intake: Desk) -> None:  # noqa: F811
    """How it was held is: it would lie on its side. The pixels are those that came."""
    told = PngImagePlugin.PngInfo()
    told.add_text("Location", files.PLACE.decode())
    second = files.jpeg()
    came = (
        files.jpeg(exif=files.exif(1), comment=files.PLACE, xmp=b"<x>" + files.PLACE),
        files.jpeg(exif=files.exif(6), comment=files.PLACE, xmp=b"<x>" + files.PLACE),
        files.jpeg(exif=files.exif(8)) + second + files.PLACE,
        files.png(exif=files.exif(1), pnginfo=told),
    )
    for content in came:
        assert files.PLACE in content
        answer = (await upload(intake, content, kind="image/jpeg")).json()
        kept = await stored(intake, answer["id"])
        assert answer["changes"] == ["metadata-removed"]
        assert (sha(kept), len(kept)) == (answer["id"], answer["size"])
        assert files.PLACE not in kept
        before, after = Image.open(BytesIO(content)), Image.open(BytesIO(kept))
        assert after.tobytes() == before.tobytes()
        assert not after.getexif().get_ifd(files.GPS)
        if after.format == "JPEG":
            assert ImageOps.exif_transpose(after).size == ImageOps.exif_transpose(before).size
        assert (await upload(intake, kept)).json()["id"] == answer["id"]  # nothing more to take out
        assert (await file_with(intake, answer["id"])).status_code == 201


async def test_d5_heic_from_a_phone_becomes_jpeg(intake: Desk) -> None:  # noqa: F811
    content, ids = files.heic(exif=files.exif().tobytes()), set()
    for kind in ("image/heic", "image/heif", "", "application/octet-stream", "image/jpeg"):
        answer = await upload(intake, content, name="IMG_0001.HEIC", kind=kind)
        assert answer.status_code == 201, answer.text
        view = answer.json()
        ids.add(view["id"])
        assert (view["type"], view["name"]) == ("image/jpeg", "IMG_0001.jpg")
        assert view["changes"] == ["converted", "metadata-removed"]
    [id_] = ids  # sent again, it is the same file
    kept = await stored(intake, id_)
    picture = Image.open(BytesIO(kept))
    picture.load()
    assert (picture.format, picture.size, sha(kept)) == ("JPEG", files.noise().size, id_)
    assert files.PLACE not in kept
    assert (await file_with(intake, id_)).status_code == 201


async def test_d6_judged_by_content(intake: Desk) -> None:  # noqa: F811
    """Whatever the browser says: it goes by the name's ending, or says nothing."""
    for kind in ("", "application/octet-stream", "image/png", "binary/octet-stream", "text/html", "nonsense"):
        for type_, content in GOOD.items():
            answer = await upload(intake, content, kind=kind)
            assert (answer.status_code, answer.json().get("type")) == (201, type_), (kind, answer.text)
            assert answer.json()["name"] == TYPES[type_]
        assert (await upload(intake, b"MZ" + bytes(99), kind=kind)).status_code == 415


# -- cleaned instead of refused; a scanner; limits -------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in BAD if BAD[name][2] == "document-active-content"])
async def test_d4_cleaned_where_the_agency_wants_it_so(name: str, cleaning: Inspectors) -> None:
    verdict = await cleaning.look(BAD[name][0])
    assert isinstance(verdict, Fit), verdict
    assert verdict.changes == ("active-content-removed",)
    assert verdict.content is not None
    again = await cleaning.look(verdict.content)
    assert again == Fit("application/pdf", pages=1), "what was cleaned has nothing left"
    assert (await cleaning.look(BAD[name][0])) == verdict, "sent again, it is the same file"
    with pikepdf.open(BytesIO(verdict.content)) as kept:
        assert len(kept.pages) == 1


async def test_d4_a_signed_pdf_is_not_cleaned(cleaning: Inspectors) -> None:
    """The signature would be broken, and nobody would know why."""

    def signed(made: pikepdf.Pdf) -> None:
        files.with_a_program(made)
        made.Root.Sig = made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3]))

    verdict = await cleaning.look(files.pdf(signed))
    assert isinstance(verdict, Unfit)
    assert verdict.code == "document-active-content"


async def test_attack_15_what_is_locked_or_infected_is_not_cleaned(cleaning: Inspectors) -> None:
    for name in ("locked", "EICAR in a PDF", "cut in the middle"):
        verdict = await cleaning.look(BAD[name][0])
        assert isinstance(verdict, Unfit)
        assert verdict.code == BAD[name][2]


@pytest.fixture(scope="session")
async def cleaning() -> AsyncIterator[Inspectors]:
    made = Inspectors(10 * 1024 * 1024, clean=True, processes=1)
    yield made
    await made.close()
