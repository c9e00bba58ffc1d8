"""Look at the built site on this machine."""

import socket
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown


def serve_folder(site: Path, port: int, host: str = "127.0.0.1") -> None:
    """Serve ``site`` until Ctrl-C on an address of this machine, the loopback address by default.

    Raises:
        NeuronarioError: 66 where no site is built, 73 where the port is taken or the address is
            none of this machine.
    """
    if not (site / "index.html").is_file():
        raise NeuronarioError(
            f"no site in {site}: build one with `neuronario run`, or name it with --site",
            ExitCode.NO_INPUT,
        )
    handler = partial(_QuietHandler, directory=str(site))
    try:
        kind = _Server6 if ":" in host else ThreadingHTTPServer
        server = kind((host, port), handler)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        raise NeuronarioError(
            f"cannot listen on {shown(host)}, port {port}: {why}; choose another with --host or "
            "--port",
            ExitCode.CANNOT_CREATE,
        ) from error
    with server:
        shown_host = f"[{host}]" if ":" in host else host
        click.echo(f"http://{shown_host}:{port}/ (Ctrl-C ends)")
        server.serve_forever()


class _Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class _QuietHandler(SimpleHTTPRequestHandler):
    """Without a line per request; a published site is never cached while one looks at it."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()
