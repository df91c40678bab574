"""The web defaults every service starts from: one call, then its own routes.

Layers, outermost first: metrics, spans where traces are on, HEAD, audit, request id and last net, hosts where they are known,
body limits, fast lane, quotas, compressed pages, FastAPI's problem handlers, routes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.trail import Trail
from dossier_shared.http.addresses import networks
from dossier_shared.http.audit import Audit, Audited, Teller
from dossier_shared.http.fast_lane import FastLane, Lane
from dossier_shared.http.head import Head
from dossier_shared.http.hosts import KnownHosts
from dossier_shared.http.jsonbody import JsonResponse, json_response
from dossier_shared.http.known_query import known_query
from dossier_shared.http.limits import JSON_LIMIT, BodyLimit
from dossier_shared.http.metrics import HttpMetrics, metrics_page
from dossier_shared.http.openapi import install_openapi
from dossier_shared.http.problems import install_problems
from dossier_shared.http.quotas import Guard, Quotas
from dossier_shared.http.request_context import RequestContext
from dossier_shared.http.root import set_root
from dossier_shared.http.tokens import ClaimNames, PersonClaim, TokenVerifier
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.telemetry import tracing, vitals
from dossier_shared.telemetry.metrics import tell_build
from dossier_shared.telemetry.vitals import Readiness

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

# What is left is pages. Streams must not be held back by a compressor, API answers are small and many as a rule.
UNCOMPRESSED = ("application/*", "audio/*", "font/*", "image/*", "text/event-stream", "text/plain", "video/*")
UNCOMPRESSED_BUT_JSON = ("application/pdf", "application/zip", *UNCOMPRESSED[1:])


def create_app(
    settings: ServiceSettings,
    *,
    title: str,
    readiness: Readiness,
    lifespan: Lifespan | None = None,
    auth: TokenVerifier | None = None,
    body_limits: Mapping[str, int] | None = None,
    json_limit: int = JSON_LIMIT,
    streamed: Collection[str] = (),
    compress_json: bool = False,
    audited: Audited | None = None,
    version: str = "0.1.0",
) -> FastAPI:
    """`readiness` names what the service needs: True, or why not. `body_limits`: path prefix → bytes.
    `streamed`: prefixes of paths whose endpoint puts its body away while it comes.
    `audited`: calls of which it is recorded who made them (`audit.py`).
    `compress_json`: for a service whose answers are few and large.

    `app.state` holds `settings` and `verifier`; endpoints reach them through `authenticate` and `command`.
    """
    tracing.configure(settings.service, settings.instance)
    verifier = auth or TokenVerifier(
        settings.oidc_issuer,
        settings.oidc_audience,
        persons=PersonClaim(settings.oidc_person_claim, settings.person_key),
        longest=settings.oidc_token_max_seconds,
        names=ClaimNames(
            settings.oidc_roles_claim, settings.oidc_agency_claim, settings.oidc_name_claim, settings.oidc_level_claim
        ),
    )

    @asynccontextmanager
    async def whole_life(app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(work)
            for work in (verifier.keep(), trail.run(), vitals.watch_readiness(readiness), vitals.watch_loop())
        ]
        async with AsyncExitStack() as stack:
            stack.push_async_callback(tracing.shutdown)  # the last, when everything else has ended
            stack.push_async_callback(verifier.aclose)
            stack.push_async_callback(trail.stop)
            for task in tasks:
                stack.callback(task.cancel)
            if lifespan is not None:
                await stack.enter_async_context(lifespan(app))
            yield

    guard = Guard(settings.quotas, networks(settings.proxies))
    sender = KafkaSender(settings.broker, client_id=f"{settings.member_id}-audit")
    trail = Trail(settings.service, sender, deployment=settings.deployed_as)
    teller = Teller(audited or {}, trail.put, settings.person_key.encode(), networks(settings.proxies))
    lanes: dict[tuple[str, str], Lane] = {}
    app = FastAPI(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would be sent to an address made of what the proxy has left of it
        default_response_class=JsonResponse,
        lifespan=whole_life,
        dependencies=[Depends(known_query)],
        middleware=[
            Middleware(HttpMetrics),
            *tracing.layers(),
            Middleware(Head),
            Middleware(Audit, teller=teller),
            Middleware(RequestContext, neighbours=settings.neighbours.values(), issuer=settings.oidc_issuer),
            *([Middleware(KnownHosts, hosts=hosts)] if (hosts := settings.hosts) is not None else []),
            Middleware(BodyLimit, default=json_limit, prefixes=body_limits, streamed=streamed),
            Middleware(FastLane, lanes=lanes),
            Middleware(Quotas, guard=guard),
            Middleware(
                GZipMiddleware,
                minimum_size=1000,
                compresslevel=6,
                exclude_content_types=UNCOMPRESSED_BUT_JSON if compress_json else UNCOMPRESSED,
            ),
        ],
    )
    app.state.settings, app.state.verifier, app.state.lanes, app.state.guard = settings, verifier, lanes, guard
    app.state.teller = teller
    set_root(settings.path)

    tell_build(settings.service, type(settings).__module__.partition(".")[0])
    install_problems(app)
    install_openapi(app)
    _standing_routes(app, settings, readiness)
    return app


def _standing_routes(app: FastAPI, settings: ServiceSettings, readiness: Readiness) -> None:
    identity = settings.identity

    async def live() -> Response:
        return json_response({"live": True, **identity})

    async def ready() -> Response:
        checks = await vitals.checked(readiness)
        good = vitals.good(checks)
        return json_response({"ready": good, **identity, "checks": checks}, 200 if good else 503)

    async def page() -> Response:
        return metrics_page(settings.service)

    for path, endpoint in (("/health/live", live), ("/health/ready", ready), ("/metrics", page)):
        app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False, response_class=Response)
