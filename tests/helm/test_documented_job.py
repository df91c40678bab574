"""The Job docs/operations.md shows: a cluster would take it, and what it asks is where the charts put it."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from dossier_local.services import PRODUCT

from . import chart
from .schemas import problems


def documented() -> dict[str, Any]:
    blocks = re.findall(r"```yaml\n(.*?)```", (chart.ROOT / "docs/operations.md").read_text("utf-8"), re.DOTALL)
    [block] = [one for one in blocks if "kind: Job" in one]
    job: dict[str, Any] = yaml.safe_load(block)
    return job


def test_a_cluster_would_take_it() -> None:
    assert problems(documented()) == []


def test_it_asks_the_monitor_and_may_do_nothing_else() -> None:
    pod = documented()["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (port,) = (service.port for service in PRODUCT if service.name == "monitor")
    (given,) = container["env"]
    assert (given["name"], json.loads(given["value"])) == ("DOSSIER_SERVICES", {"monitor": f"http://monitor:{port}"})
    service = chart.pod(chart.service("monitor"))
    assert container["securityContext"] == chart.container(chart.service("monitor"))["securityContext"]
    assert pod["securityContext"].items() <= service["securityContext"].items()
