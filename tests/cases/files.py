"""Files as people, phones, programs and attackers make them; small, made here."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
PLACE = b"Dong Nai 10.95N"


def pdf(change: Callable[[Pdf], None] = lambda _: None, **how: Any) -> bytes:
    out = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        change(made)
        made.save(out, deterministic_id="encryption" not in how, **how)
    return out.getvalue()


def with_javascript(made: Pdf) -> None:
    made.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def with_javascript_on_a_page(made: Pdf) -> None:
    made.pages[0].obj.AA = Dictionary(O=made.make_indirect(Dictionary(S=Name.JavaScript, JS="app.alert(1)")))


def with_javascript_by_name(made: Pdf) -> None:
    action = Dictionary(S=Name.JavaScript, JS=Stream(made, b"app.alert(1)"))
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["x", action])))


def with_a_launch(made: Pdf) -> None:
    made.Root.OpenAction = Dictionary(S=Name.Launch, F="cmd.exe")


def with_a_program(made: Pdf) -> None:
    made.attachments["invoice.exe"] = b"MZ\x90\x00"


def with_an_attachment_on_the_page(made: Pdf) -> None:
    file = Dictionary(Type=Name.Filespec, F="a.exe", EF=Dictionary(F=Stream(made, b"MZ")))
    note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9], FS=file)
    made.pages[0].obj.Annots = Array([note])


def with_xfa(made: Pdf) -> None:
    made.Root.AcroForm = Dictionary(Fields=Array([]), XFA=Stream(made, b"<xdp/>"))


def with_a_film(made: Pdf) -> None:
    made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=[0, 0, 9, 9])])


def with_a_form_that_sends(made: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.SubmitForm, F="http://x")
    )
    made.pages[0].obj.Annots = Array([link])


def with_a_link(address: str) -> Callable[[Pdf], None]:
    def change(made: Pdf) -> None:
        action = Dictionary(S=Name.URI, URI=address)
        made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action)])

    return change


def with_text(content: bytes) -> Callable[[Pdf], None]:
    """Packed, as programs pack it."""

    def change(made: Pdf) -> None:
        made.pages[0].Contents = Stream(made, content)

    return change


def without_pages(made: Pdf) -> None:
    del made.pages[0]


@lru_cache
def noise(width: int = 320, height: int = 240) -> Image.Image:
    return Image.effect_noise((width, height), 60).convert("RGB")


def saved(picture: Image.Image, kind: str, **how: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """As a phone writes it: how it was held, by whom it was made, where."""
    told = Image.Exif()
    told[ORIENTATION], told[MAKER] = orientation, PLACE.decode()
    told.get_ifd(GPS)[1] = "N"
    return told


def jpeg(**how: Any) -> bytes:
    return saved(noise(), "JPEG", quality=80, **how)


def png(**how: Any) -> bytes:
    return saved(noise(60, 40), "PNG", **how)


def heic(**how: Any) -> bytes:
    out = BytesIO()
    pillow_heif.from_pillow(noise()).save(out, quality=60, **how)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "x" * 100)
    return out.getvalue()


def bomb(size: int = 12_000) -> bytes:
    """A few kilobytes that are more pixels than any paper has."""
    return saved(Image.new("1", (size, size)), "PNG")


def packed_bomb(gigabytes: int = 8) -> bytes:
    """A few kilobytes that unpack to more than any machine has."""
    pack = zlib.compressobj(9, wbits=-15)
    block, blocks = 1 << 23, gigabytes << 7
    piece = pack.compress(bytes(block)) + pack.flush(zlib.Z_FULL_FLUSH)
    length = block * blocks
    whole = b"\x78\xda" + piece * blocks + b"\x03\x00" + (length % 65521 << 16 | 1).to_bytes(4)

    def change(made: Pdf) -> None:
        stream = Stream(made, zlib.compress(whole, 9))
        stream.stream_dict.Filter = Array([Name.FlateDecode, Name.FlateDecode])
        made.Root.Extra = made.make_indirect(stream)

    return pdf(change, compress_streams=False)
