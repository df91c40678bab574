from __future__ import annotations

import os

import pytest

from .chart import HELM
from .crds import FOLDER


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    """Helm and the operators' schemas are built by `make helm`."""
    if HELM.exists() and any(FOLDER.glob("*.yaml")):
        return
    reason = "Helm or the operators' schemas are not here: run `make helm`"
    if os.environ.get("DOSSIER_REQUIRE_SYSTEM") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
