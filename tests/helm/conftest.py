from __future__ import annotations

import pytest
from tests.missing import missing

from .chart import HELM
from .crds import FOLDER


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    if not HELM.exists() or not any(FOLDER.glob("*.yaml")):
        missing("Helm and the operators' schemas", "tools")
