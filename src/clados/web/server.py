"""The server: `clados.web.site` over HTTP, on this machine alone unless another address is named."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clados.errors import InputError
from clados.web.policy import POLICY
from clados.web.request import Given
from clados.web.site import Site

SAFE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_PORTS = 65_535


def application(site: Site | None = None, host: str = "localhost") -> Starlette:
    """The site as an ASGI application.

    It answers to ``localhost``, to addresses in numbers and to ``host``: under any other name the page of a stranger,
    whose name is made to lead to this machine, could read what is shown here (DNS rebinding). A stranger's page
    may lead here, but neither embed what is here nor ask for it (Fetch Metadata); nothing is ever posted.
    """
    site = site or Site()

    async def answer(request: Request) -> Response:
        if not _ours(request.url.hostname or "", host):
            named = f"the address names {request.url.hostname or 'no machine'}, which is not this server's"
            return PlainTextResponse(f"{named}; --host names another\n", 400, SAFE_HEADERS)
        if (
            request.headers.get("sec-fetch-site") == "cross-site"
            and request.headers.get("sec-fetch-mode") != "navigate"
        ):
            return PlainTextResponse("other sites may lead here, and do no more\n", 403, SAFE_HEADERS)
        found = await run_in_threadpool(site.answer, request.url.path, request.query_params.multi_items())
        return Response(found.body, found.status, {**SAFE_HEADERS, **found.headers}, found.media)

    return Starlette(routes=[Route("/{path:path}", answer)])


def _ours(asked: str, host: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(asked))
    return asked.lower() in ("localhost", host.lower())


def serve(host: str, port: int, ready: Callable[[str], None], given: Given = Given()) -> None:  # noqa: B008 (frozen)
    """Serve until Ctrl-C; ``ready`` is told the address.

    Raises:
        InputError: when the address cannot be listened at, or there is no such port.
    """
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{listening.getsockname()[1]}/")
    config = uvicorn.Config(application(Site(given=given), host), log_level="warning", lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _PORTS:
        raise InputError(f"--port is {port}; it must be from 0 to {_PORTS}, 0 for any that is free")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise InputError(f"cannot listen at {host}:{port}: {why or error}; --port names another") from error
