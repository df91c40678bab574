"""A PDF that is to be kept for years: opens without a password, is whole, and does nothing by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pikepdf

from dossier_intake.inspection.kinds import BLANK
from dossier_intake.inspection.verdicts import (
    BROKEN,
    EMPTY,
    LOCKED,
    NESTED,
    TOO_COMPLEX,
    Fit,
    Refusal,
    Signature,
    active,
)

TAIL = 1024  # bytes from the end in which readers look for the end mark
_JAVASCRIPT = ("mã JavaScript", "JavaScript")
_LAUNCH = ("lệnh chạy chương trình", "a command that starts a program")
_EMBEDDED = ("tệp đính kèm bên trong", "an embedded file")
_SENDS = ("lệnh gửi hoặc nhập dữ liệu", "a command that sends or takes in data")
_ELSEWHERE = ("lệnh mở tệp khác", "a command that opens another file")
_MEDIA = ("nội dung đa phương tiện", "multimedia content")
_XFA = ("biểu mẫu động XFA", "a dynamic XFA form")
_LINK = ("liên kết không phải địa chỉ trang web", "a link that is no web address")
_ACTIONS = {
    "/JavaScript": _JAVASCRIPT, "/Launch": _LAUNCH, "/SubmitForm": _SENDS, "/ImportData": _SENDS,
    "/GoToR": _ELSEWHERE, "/GoToE": _ELSEWHERE, "/Rendition": _MEDIA, "/Movie": _MEDIA, "/Sound": _MEDIA,
    "/RichMediaExecute": _MEDIA, "/GoTo3DView": _MEDIA,
}  # fmt: skip
_ANNOTATIONS = {
    "/FileAttachment": _EMBEDDED, "/RichMedia": _MEDIA, "/Screen": _MEDIA, "/Movie": _MEDIA, "/Sound": _MEDIA, "/3D": _MEDIA,
}  # fmt: skip
_KEYS = {
    "/JS": _JAVASCRIPT, "/JavaScript": _JAVASCRIPT, "/EmbeddedFiles": _EMBEDDED, "/EF": _EMBEDDED, "/XFA": _XFA,
    "/RichMediaContent": _MEDIA,
}  # fmt: skip
# Names in the objects' own spelling (escapes undone): what has none of them need not be walked through.
_SUSPECT = re.compile(
    "|".join(f"{name}(?![A-Za-z0-9])" for name in {"/URI", *_ACTIONS, *_ANNOTATIONS, *_KEYS}).encode()
)
_PACKINGS = frozenset({"/FlateDecode", "/LZWDecode", "/ASCIIHexDecode", "/ASCII85Decode", "/RunLengthDecode"})
_WEB = ("http:", "https:", "mailto:", "tel:")
_DEPTH = 100

Look = Callable[[bytes], None]


def look_into(content: bytes, clean: bool, look: Look) -> Fit:
    """`look` is shown what is packed in the file. `clean`: active content is taken out, else the file is refused."""
    _, end, behind = content[-TAIL:].rpartition(b"%%EOF")
    if not end:
        raise Refusal(BROKEN)
    if behind.strip(BLANK):
        raise Refusal(NESTED)
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if not len(pdf.pages):
                raise Refusal(EMPTY)
            suspects = list(_suspects(pdf, look))
            if any("unable to recover" in str(warning) for warning in pdf.get_warnings()):
                raise Refusal(BROKEN)
            found = [what for suspect in suspects for what in _disarmed(suspect, 0)]
            if not found:
                return Fit("application/pdf", pages=len(pdf.pages), signatures=_signatures(content))
            if not clean or _signed(pdf):  # a signature would not survive the cleaning
                raise Refusal(active(*found[0]))
            out = BytesIO()
            pdf.save(out, deterministic_id=True)
            return Fit("application/pdf", out.getvalue(), ("active-content-removed",), len(pdf.pages))
    except pikepdf.PasswordError:
        raise Refusal(LOCKED) from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, RecursionError) as error:
        raise Refusal(TOO_COMPLEX if "bad_alloc" in str(error) else BROKEN) from None


def _suspects(pdf: pikepdf.Pdf, look: Look) -> Iterator[pikepdf.Object]:
    """Dictionaries and arrays with a name that may stand for something active; every stream is decoded meanwhile."""
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            about: pikepdf.Object = thing.stream_dict
            if about.get("/Subtype") != "/Image":
                look(thing.read_bytes() if _unpacked(about) else thing.read_raw_bytes())
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Array):
            about = thing
        else:
            continue
        if _SUSPECT.search(about.unparse(resolved=True)):
            yield about


def _unpacked(about: pikepdf.Object) -> bool:
    """Whether what it is packed with can be undone here; pictures' own packing is not."""
    filters = about.get("/Filter", pikepdf.Array([]))
    names = [filters] if isinstance(filters, pikepdf.Name) else list(filters)
    return all(str(name) in _PACKINGS for name in names)


def _disarmed(thing: Any, depth: int) -> Iterator[tuple[str, str]]:
    """What is active in it, each taken out as it is told. What is referred to is looked at by itself."""
    if depth > _DEPTH:
        raise Refusal(BROKEN)
    if isinstance(thing, pikepdf.Array):
        for item in list(thing):
            if isinstance(item, pikepdf.Object) and not item.is_indirect:
                yield from _disarmed(item, depth + 1)
        return
    if not isinstance(thing, pikepdf.Dictionary):
        return
    for key, value in list(thing.items()):
        if key in _KEYS:
            del thing[key]
            yield _KEYS[key]
        elif isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield from _disarmed(value, depth + 1)
    action = str(thing.get("/S", ""))
    what = _ACTIONS.get(action)
    if action == "/URI" and not str(thing.get("/URI", "")).strip().lower().startswith(_WEB):
        what = _LINK
    if what is not None:
        thing["/S"], thing["/N"] = pikepdf.Name.Named, pikepdf.Name("/None")  # may be referred to from anywhere
        yield what
    if (what := _ANNOTATIONS.get(str(thing.get("/Subtype", "")))) is not None and "/Rect" in thing:
        thing["/Subtype"] = pikepdf.Name.Text
        yield what


def _signatures(content: bytes) -> tuple[Signature, ...]:
    """A signature's own place in the file is never packed, or it could not be written after the rest."""
    if b"/ByteRange" not in content:
        return ()
    from dossier_intake.inspection.signatures import signatures  # takes its time: not for who signs nothing

    return signatures(content)


def _signed(pdf: pikepdf.Pdf) -> bool:
    return any(isinstance(thing, pikepdf.Dictionary) and "/ByteRange" in thing for thing in pdf.objects)
