"""Whatever goes wrong in a request is answered as RFC 9457 has it, never as a stack trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import orjson
import structlog
from aiokafka.errors import KafkaError  # type: ignore[import-untyped, unused-ignore]
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from dossier_shared.errors import Refusal
from dossier_shared.http.jsonbody import not_json
from dossier_shared.http.refusals import told
from dossier_shared.http.validation import invalid
from dossier_shared.journal.outages import is_outage
from dossier_shared.problems import Problem, ServiceUnavailable

MEDIA_TYPE = "application/problem+json"
Show = Callable[[Request, Problem], Awaitable[Response]]
"""`app.state.problem_page`, of a service with pages: what a browser is shown instead."""

log = structlog.get_logger("dossier.http")

_BEARER = 'Bearer realm="dossier"'
_OUTAGE_VI = "Hệ thống tạm gián đoạn. Hãy gửi lại với cùng Idempotency-Key sau giây lát; không có gì bị ghi hai lần."
_OUTAGE_EN = "Temporarily unavailable. Repeat it with the same Idempotency-Key in a moment; nothing is recorded twice."
_BY_STATUS = {
    404: ("not-found", "Không có địa chỉ này. Hãy kiểm tra đường dẫn.", "No such address. Check the path."),
    405: (
        "method-not-allowed",
        "Địa chỉ này không nhận phương thức đó. Hãy xem tiêu đề Allow.",
        "This address does not take that method. See the Allow header.",
    ),
}


def unavailable() -> ServiceUnavailable:
    """An outage met in the middle of a request, when the outcome may not be known: the key makes repeating safe."""
    return ServiceUnavailable(vi=_OUTAGE_VI, en=_OUTAGE_EN)


def unexpected() -> Problem:
    return Problem(
        "internal",
        "Hệ thống gặp lỗi ngoài dự kiến. Hãy thử lại; nếu vẫn lỗi, hãy báo kèm mã yêu cầu (request_id).",
        "Something unexpected went wrong. Try again; if it persists, report it with the request_id.",
        status=500,
    )


def as_problem(exc: BaseException) -> Problem | None:
    """The problem an exception stands for, or None where it is a fault of ours."""
    if isinstance(exc, Refusal):
        return told(exc)
    if isinstance(exc, RequestValidationError):
        findings = exc.errors()
        return not_json() if any(f["type"] == "json_invalid" for f in findings) else invalid(findings)
    if isinstance(exc, HTTPException):
        if isinstance(exc.__cause__, Problem):  # FastAPI wraps what reading a body raised
            return exc.__cause__
        code, vi, en = _BY_STATUS.get(
            exc.status_code,
            (f"http-{exc.status_code}", Problem.default_vi, str(exc.detail) or Problem.default_en),
        )
        return Problem(code, vi, en, status=exc.status_code)
    if is_outage(exc):
        return unavailable()
    return None


def headers_of(exc: BaseException, problem: Problem) -> dict[str, str]:
    headers = {"cache-control": "no-store"}
    given = getattr(exc, "headers", None)
    if isinstance(given, Mapping):
        headers.update({str(name).lower(): str(value) for name, value in given.items()})
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if problem.http_status == 401 and "www-authenticate" not in headers:
        error = "" if problem.code == "token-missing" else ', error="invalid_token"'
        headers["www-authenticate"] = _BEARER + error
    return headers


def problem_response(
    problem: Problem, request_id: str | None = None, *, cause: BaseException | None = None
) -> Response:
    return Response(
        orjson.dumps(problem.body(request_id), default=str),
        status_code=problem.http_status,
        headers=headers_of(cause or problem, problem),
        media_type=MEDIA_TYPE,
    )


async def refusal(request: Request, problem: Problem, cause: BaseException) -> Response:
    """A page where a browser goes to an address itself and the service has pages; else the problem."""
    show: Show | None = getattr(request.app.state, "problem_page", None)
    if show is None or "text/html" not in request.headers.get("accept", ""):
        return problem_response(problem, request.scope.get("request_id"), cause=cause)
    try:
        response = await show(request, problem)
    except Exception:  # what cannot be drawn is still answered
        log.exception("no page of a problem", code=problem.code)
        return problem_response(problem, request.scope.get("request_id"), cause=cause)
    response.headers.update(headers_of(cause, problem))
    return response


async def _answer(request: Request, exc: Exception) -> Response:
    problem = as_problem(exc)
    if problem is None:
        raise exc
    if problem.http_status >= 500 and not isinstance(exc, Refusal):
        log.warning("outage", error=type(exc).__name__, detail=str(exc)[:300])
    return await refusal(request, problem, exc)


def install_problems(app: FastAPI) -> None:
    """What is not listed here is a fault of ours: `request_context` answers and logs it."""
    kinds = (Refusal, RequestValidationError, HTTPException, PyMongoError, KafkaError)
    handlers: dict[type[Exception], ExceptionHandler] = dict.fromkeys(kinds, _answer)
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
