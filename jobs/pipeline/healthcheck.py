"""Tells a health-check service that a scheduled job starts and how it ends.

The convention is that of healthchecks.io and compatible services: ``URL/start``, then ``URL`` for
success or ``URL/<exit code>``. The address is a secret: it is never printed, logged or kept with
a run. A service that does not answer costs a job some seconds and a warning, never its result.
"""

import threading
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

ATTEMPTS = 3
SECONDS = 10.0  # per attempt, however slowly the service answers
HURRY = 3.0  # seconds, when the process has been told to end
PAUSE = 1.0  # between attempts, seconds


class HealthCheck:
    """Pings of one job; with an empty address nothing is ever sent.

    Args:
        url: http or https address of the check.
        warn: told in one line, without the address, what went wrong.
    """

    def __init__(self, url: str, warn: Callable[[str], None], *, seconds: float = SECONDS) -> None:
        self._url = url
        self._warn = warn
        self._seconds = seconds
        self._identity = str(uuid.uuid4())
        self._starting: threading.Thread | None = None

    def start(self) -> None:
        """Say that the job starts; returns at once."""
        if self._url:
            self._starting = threading.Thread(
                target=self._send, args=("/start", ATTEMPTS, self._seconds), daemon=True
            )
            self._starting.start()

    def finish(self, code: int, *, hurry: bool = False) -> None:
        """Say how the job ended; returns after at most about half a minute, in a ``hurry`` after
        some seconds.
        """
        if not self._url:
            return
        seconds = min(HURRY, self._seconds) if hurry else self._seconds
        if self._starting is not None:
            self._starting.join(seconds)  # so that the service hears the start first
        self._send("" if code == 0 else f"/{code}", 1 if hurry else ATTEMPTS, seconds)

    def _send(self, suffix: str, attempts: int, seconds: float) -> None:
        address = ping_address(self._url, suffix, self._identity)
        problem = ""
        for attempt in range(attempts):
            if attempt:
                time.sleep(PAUSE)
            problem = _within(seconds, lambda: request(address, seconds))
            if not problem:
                return
        self._warn(f"the health-check ping was not delivered: {problem}")


def ping_address(url: str, suffix: str, identity: str) -> str:
    """``url`` with ``suffix`` at the end of its path and the job's identity as ``rid``."""
    parts = urlsplit(url)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(
        (
            parts.scheme,
            parts.netloc,
            parts.path.rstrip("/") + suffix,
            f"{query}rid={identity}",
            "",
        )
    )


def request(address: str, seconds: float) -> str:
    """Send one GET request; "" if it was accepted, else why not, without the address."""
    if urlsplit(address).scheme not in ("http", "https"):
        return "the address is neither http nor https"
    try:
        with _opener().open(Request(address, method="GET"), timeout=seconds) as answer:
            status = int(answer.status)
    except HTTPError as error:
        error.close()
        status = error.code
    except URLError as error:
        return type(error.reason).__name__ if isinstance(error.reason, Exception) else "no answer"
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__
    return "" if 200 <= status < 300 else f"the service answered {status}{_phrase(status)}"


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other: nobody sends a job elsewhere."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _opener() -> OpenerDirector:
    # Put together by hand, so that only http and https are spoken: the usual opener also reads
    # file: and ftp: addresses.
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        _NoRedirect(),
    ):
        opener.add_handler(handler)
    return opener


def _within(seconds: float, action: Callable[[], str]) -> str:
    """The result of ``action``, or "no answer in time": the socket's own limit starts anew with
    every byte that trickles in.
    """
    result: list[str] = []
    thread = threading.Thread(target=lambda: result.append(action()), daemon=True)
    thread.start()
    thread.join(seconds)
    return result[0] if result else f"no answer within {seconds:g} s"


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
