"""Whether traces are on, and the SDK's own variables. A value the SDK would only warn of, or fail at, is refused here.

An empty variable is not set, as in OpenTelemetry's specification.
"""

from __future__ import annotations

import os
import re

from dossier_shared.settings.reading import refuse
from dossier_shared.settings.types import is_http

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_MUST = (
    (r"OTEL_EXPORTER_OTLP_(TRACES_)?PROTOCOL", r"http/protobuf", "only http/protobuf is spoken here"),
    (
        r"OTEL_TRACES_SAMPLER",
        r"(?i)(parentbased_)?(always_on|always_off|traceidratio)",
        "must be always_on, always_off or traceidratio, or one of them after parentbased_",
    ),
    (r"OTEL_TRACES_SAMPLER_ARG|OTEL_EXPORTER_OTLP_(TRACES_)?TIMEOUT", r"\d+(\.\d+)?|\.\d+", "must be a number"),
    (r"OTEL_BSP_\w+", r"[1-9]\d*", "must be a whole number from 1"),
    (
        r"OTEL_EXPORTER_OTLP_(TRACES_)?HEADERS",
        r"[^=,]+=[^,]*(,[^=,]+=[^,]*)*,?",
        "must be name=value, several separated by commas",
    ),
)


def wanted(service: str) -> bool:
    """Ends the process, one line each, where a setting cannot be or would send nothing anywhere."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    given = [(name, os.environ[name]) for name in ENDPOINTS if os.environ.get(name)]
    if not given:
        return False
    wrong = [
        f"{name}: {must}"
        for names, good, must in _MUST
        for name, value in sorted(os.environ.items())
        if value and re.fullmatch(names, name) and not re.fullmatch(good, value)
    ]
    name, endpoint = given[0]
    if not is_http(endpoint):
        wrong.append(f"{name}: an http(s) address is needed, such as http://collector:4318")
    if wrong:
        refuse(service, *wrong)
    return True
