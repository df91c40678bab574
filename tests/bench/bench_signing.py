"""Signing against the bare RSA operation under it: `python tests/bench/bench_signing.py`. Its rates are per core."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from dossier_signing.documents.authority import DevelopmentAuthority
from dossier_signing.documents.pades import Seal
from dossier_signing.documents.result_document import ResultDocument, ResultField, render

ROUNDS = 5
DOCUMENTS = 20


def measure_signing(seconds: float) -> dict[str, float]:
    """Medians of alternating rounds: `raw_per_s`, `signed_per_s`, `rendered_per_s`, `result_per_s` (both), `ratio`."""
    with tempfile.TemporaryDirectory() as folder:
        identity = DevelopmentAuthority(Path(folder)).leader_signer(
            "u-1", "Trần Quốc Hưng", "Ủy ban nhân dân xã Bù Đăng"
        )
    seal, now = Seal(identity), datetime.now(UTC)
    numbers = count()
    pdfs = [render(_document(next(numbers)), now) for _ in range(DOCUMENTS)]
    attributes = bytes(150)

    def raw(_: int) -> None:
        identity.key.sign(attributes, PKCS1v15(), hashes.SHA256())

    def sign(turn: int) -> None:
        seal.sign(pdfs[turn % DOCUMENTS], now)

    def rendered(_: int) -> None:
        render(_document(next(numbers)), now)

    share = seconds / ROUNDS / 3
    rounds = [(_rate(raw, share), _rate(sign, share), _rate(rendered, share)) for _ in range(ROUNDS)]
    raw_per_s, signed_per_s, rendered_per_s = (median(column) for column in zip(*rounds, strict=True))
    return {
        "raw_per_s": raw_per_s,
        "signed_per_s": signed_per_s,
        "rendered_per_s": rendered_per_s,
        "result_per_s": median(1 / (1 / signed + 1 / drawn) for _, signed, drawn in rounds),
        "ratio": median(signed / bare for bare, signed, _ in rounds),
    }


def _rate(work: Callable[[int], None], seconds: float) -> float:
    """Per second of processor time, all threads: what else runs on the machine does not count against either side."""
    work(0)
    turns, started = 0, time.perf_counter()
    busy = time.process_time()
    while time.perf_counter() - started < seconds:
        turns += 1
        work(turns)
    return turns / (time.process_time() - busy)


def _document(number: int) -> ResultDocument:
    return ResultDocument(
        kind="certificate",
        number=f"{number}/GCN-UBND",
        agency_vi="Ủy ban nhân dân xã Bù Đăng",
        agency_en="People's Committee of Bù Đăng Commune",
        procedure_vi="Đăng ký khai sinh",
        procedure_en="Birth registration",
        dossier_code=f"H19.151-20261122-{number:07d}",
        holder_name=f"Nguyễn Thị Ánh Tuyết {number}",
        fields=(
            ResultField(label_vi="Ngày sinh", label_en="Date of birth", value="01/11/2026"),
            ResultField(label_vi="Nơi sinh", label_en="Place of birth", value="Bệnh viện Đa khoa Đồng Nai"),
            ResultField(label_vi="Quốc tịch", label_en="Nationality", value="Việt Nam"),
        ),
        decided_at=datetime(2026, 11, 22, tzinfo=UTC),
        leader_name="Trần Quốc Hưng",
        leader_title="Chủ tịch",
        place="Bù Đăng",
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: round(value, 3) for name, value in measure_signing(15).items()}) + "\n")
