"""Looks into one file. Runs in a worker: what it is given was made by anybody."""

from __future__ import annotations

import zipfile
from io import BytesIO

from dossier_intake.inspection import images, pdf
from dossier_intake.inspection.kinds import CMS, HEIC, JPEG, PDF, PNG, kind_of
from dossier_intake.inspection.verdicts import INFECTED, NESTED, SIGNED_NO_PDF, TOO_COMPLEX, Fit, Refusal, Unfit

# The signature every scanner knows (EICAR's test file), in two halves: this file is not to be taken for it.
TEST_SIGNATURE = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def look(content: bytes, *, clean: bool, limit: int) -> Fit | Unfit:
    """`limit`: bytes of what a picture may become when it is converted."""
    try:
        _harmless(content)
        kind = kind_of(content)
        if kind == PNG:
            return images.png(content)
        if kind == JPEG:
            return images.jpeg(content)
        if kind == HEIC:
            return images.heic(content, limit)
        if _archive(content):
            raise Refusal(NESTED)
        if kind == CMS:
            from dossier_intake.inspection import cms  # takes its time: not for who signs nothing

            return cms.look_into(content, _signed_paper)
        return pdf.look_into(content, clean, _harmless)
    except Refusal as refusal:
        return refusal.verdict
    except MemoryError:
        return TOO_COMPLEX


def _signed_paper(content: bytes) -> Fit:
    """What a signature is around: a PDF as any other, and nothing of it can be taken out."""
    _harmless(content)
    if kind_of(content) != PDF:
        raise Refusal(SIGNED_NO_PDF)
    if _archive(content):
        raise Refusal(NESTED)
    return pdf.look_into(content, False, _harmless)


def _harmless(content: bytes) -> None:
    if TEST_SIGNATURE in content:
        raise Refusal(INFECTED)


def _archive(content: bytes) -> bool:
    """A ZIP (so also a Java or Office program) is read from its end, a PDF from its beginning: one file may be both."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return bool(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        return False
