"""Health-check pings against a server that behaves badly in every way."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs.pipeline import healthcheck as ping
from jobs.pipeline.healthcheck import HealthCheck, ping_address, request


@dataclass
class Service:
    """What the server does, and the paths that it was asked for."""

    url: str = ""
    status: int = 200
    location: str = ""
    behaviour: str = "answer"
    paths: list[str] = field(default_factory=list)


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.paths.append(self.path)
            if service.behaviour == "hang":
                time.sleep(3)
            if service.behaviour == "garbage":
                self.wfile.write(b"\x00\xff" * 100 + b"\r\n\r\n")
                return
            if service.behaviour == "trickle":
                for byte in b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
                return
            self.send_response(service.status)
            if service.location:
                self.send_header("Location", service.location)
            if service.behaviour == "flood":
                self.end_headers()
                for _ in range(1_000):
                    self.wfile.write(b"x" * 10_000)
                return
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}/secret"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ping, "PAUSE", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def pinged(url: str, code: int = 0) -> list[str]:
    """The warnings of a job that ended with ``code``."""
    warnings: list[str] = []
    check = HealthCheck(url, warnings.append, seconds=0.5)
    check.start()
    check.finish(code)
    return warnings


@pytest.mark.parametrize(("code", "end"), [(0, "/secret"), (4, "/secret/4"), (143, "/secret/143")])
def test_start_and_end_are_told_in_order(code: int, end: str) -> None:
    with serving(Service()) as service:
        assert pinged(service.url, code) == []
    assert [path.partition("?")[0] for path in service.paths] == ["/secret/start", end]
    queries = {path.partition("?")[2] for path in service.paths}
    assert len(queries) == 1, "both pings carry the same identity"


def test_without_an_address_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ping, "request", lambda *_: pytest.fail("nothing may be sent"))
    assert pinged("") == []


@pytest.mark.parametrize("behaviour", ["hang", "trickle", "garbage"])
def test_a_bad_service_is_given_up_in_time_with_one_warning(behaviour: str) -> None:
    with serving(Service(behaviour=behaviour)) as service:
        warnings = pinged(service.url)
    assert len(warnings) == 2, "one for the start, one for the end"
    assert not any("secret" in warning or "127.0.0.1" in warning for warning in warnings)


@pytest.mark.parametrize("status", [404, 500, 999])
def test_refusals_are_named_by_their_status(status: int) -> None:
    with serving(Service(status=status)) as service:
        warnings = pinged(service.url)
    assert len(service.paths) == 6, "three attempts each"
    assert all(f"answered {status}" in warning for warning in warnings)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://127.0.0.1:1/x", "/elsewhere"])
def test_redirects_are_not_followed(location: str) -> None:
    with serving(Service(status=302, location=location)) as service:
        warnings = pinged(service.url)
    assert all("answered 302" in warning for warning in warnings)
    assert not any("elsewhere" in path for path in service.paths)


def test_an_endless_answer_is_not_read() -> None:
    with serving(Service(behaviour="flood")) as service:
        assert pinged(service.url) == []


def test_a_refused_connection_is_one_word() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    assert "ConnectionRefusedError" in pinged(f"http://127.0.0.1:{port}/secret")[0]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/y", "data:,x", ""])
def test_only_http_is_spoken(address: str) -> None:
    assert request(address, 1.0) == "the address is neither http nor https"


def test_addresses() -> None:
    assert ping_address("https://x.org/a/", "/start", "id") == "https://x.org/a/start?rid=id"
    assert ping_address("https://x.org/a?k=v#f", "/3", "id") == "https://x.org/a/3?k=v&rid=id"
