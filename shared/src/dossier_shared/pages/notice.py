"""What a browser is shown where something is refused, missing or broken: in words, with the reader's menu and a way on."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossier_shared.http.auth import WHO, authenticate
from dossier_shared.http.problems import as_problem, headers_of
from dossier_shared.http.root import own_url
from dossier_shared.http.step_up import StepUpRequired
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Forbidden, Problem, Unauthorised


def refused_page(request: Request, lang: Lang, title: str, exc: Exception, roles: Sequence[str] = ()) -> Response:
    """What went wrong, as a page; raises again what is a fault of ours. `roles`: whose page it is."""
    problem = as_problem(exc)
    if problem is None:
        raise exc
    response = notice(request, lang, problem, title, roles)
    response.headers.update(headers_of(exc, problem))
    return response


async def problem_page(request: Request, problem: Problem) -> Response:
    """Of an address that is no page of ours, or of a page that failed: who reads it still has their menu."""
    if WHO not in request.scope:
        try:
            await authenticate(request)
        except Exception:  # not signed in, or nobody can say: without a menu then
            request.scope.pop(WHO, None)
    return notice(request, language(request.query_params.get("lang")), problem)


def notice(request: Request, lang: Lang, problem: Problem, title: str = "", roles: Sequence[str] = ()) -> Response:
    if isinstance(problem, Unauthorised) and (way := way_in(request, problem)) and _opens_a_page(request):
        return RedirectResponse(way, 303, {"cache-control": "no-store", "vary": "cookie"})
    t = texts(lang)
    signed_in = request.scope.get(WHO)
    hint = problem.vi if lang == "vi" else problem.en
    if isinstance(problem, Unauthorised):
        heading = t("shared.expired") if problem.code == "token-expired" else t("shared.signed_out")
        hint = t("shared.signed_out_hint")
    elif isinstance(problem, Forbidden) and problem.code == "forbidden":
        heading = t("shared.forbidden")
        named = ", ".join(t.label("role_name", role) for role in roles)
        hint = t("shared.forbidden_hint", roles=named) if named else hint
    elif problem.http_status == 404:
        heading = t("shared.not_found")
    else:
        heading = t("shared.unavailable") if problem.http_status >= 500 else title or t("shared.not_done")
    return page(
        "notice.html",
        lang,
        problem.http_status,
        address=request.url,
        title=title or t("shared.brand"),
        heading=heading,
        hint=hint,
        again=_again(request, problem),
        expired=isinstance(problem, Unauthorised),
        code=problem.code,
        request_id=request.scope.get("request_id", ""),
        **({"principal": signed_in} if signed_in else {}),
    )


def _again(request: Request, problem: Problem) -> str | None:
    """Where the button leads: to the page itself, or through a sign-in back to it."""
    if isinstance(problem, Unauthorised):
        return way_in(request, problem) or ""
    if problem.code.startswith("sign-in-"):  # what the issuer sent the browser back with is used up
        return own_url("/home")
    return "" if request.method in ("GET", "HEAD") else None


def way_in(request: Request, problem: Problem) -> str | None:
    """To the issuer and back: to this very page, or to the one whose form was sent. None where nobody signs in by browser."""
    signing_in = getattr(request.app.state, "sign_in", None)
    if signing_in is None:
        return None
    here = own_url(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    wanted = here if request.method in ("GET", "HEAD") else request.headers.get("referer", "")
    level = problem.level if isinstance(problem, StepUpRequired) else None
    return str(signing_in.way_in(signing_in.next(request, wanted), level))


def _opens_a_page(request: Request) -> bool:
    """A person goes there, not a script: what a script is refused it tells in the page it is in."""
    asked = request.headers
    return (
        request.method in ("GET", "HEAD")
        and "text/html" in asked.get("accept", "")
        and asked.get("sec-fetch-mode", "navigate") == "navigate"
    )
