from datetime import UTC, datetime

import pytest

from dossier_signing.documents.result_document import ResultDocument, ResultField


@pytest.fixture
def document() -> ResultDocument:
    return ResultDocument(
        kind="certificate",
        number="128/GCN-UBND",
        agency_vi="Ủy ban nhân dân xã Bù Đăng",
        agency_en="People's Committee of Bù Đăng Commune",
        procedure_vi="Đăng ký khai sinh",
        procedure_en="Birth registration",
        dossier_code="H19.151-20261122-0000042",
        holder_name="Nguyễn Thị Ánh Tuyết",
        fields=(ResultField(label_vi="Ngày sinh", label_en="Date of birth", value="01/11/2026"),),
        decided_at=datetime(2026, 11, 21, 17, 30, tzinfo=UTC),
        leader_name="Trần Quốc Hưng",
        leader_title="Chủ tịch",
        place="Bù Đăng",
    )


@pytest.fixture
def signed_at() -> datetime:
    return datetime.now(UTC)
