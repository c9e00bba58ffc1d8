"""Look at the built site on this machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from jobs.errors import ExitCode, NeuronarioError


def serve_folder(site: Path, port: int) -> None:
    """Serve ``site`` on the loopback address until Ctrl-C.

    Raises:
        NeuronarioError: 66 where no site is built, 73 where the port is taken.
    """
    if not (site / "index.html").is_file():
        raise NeuronarioError(
            f"no site in {site}: build one with `neuronario run`, or name it with --site",
            ExitCode.NO_INPUT,
        )
    handler = partial(_QuietHandler, directory=str(site))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise NeuronarioError(
            f"cannot listen on port {port}: {error.strerror}; choose another with --port",
            ExitCode.CANNOT_CREATE,
        ) from error
    with server:
        click.echo(f"http://127.0.0.1:{port}/ (Ctrl-C ends)")
        server.serve_forever()


class _QuietHandler(SimpleHTTPRequestHandler):
    """Without a line per request; a published site is never cached while one looks at it."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()
