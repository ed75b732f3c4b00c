"""HTTP for the dialect: one thread for each connection, JSON in and out, streams as server-sent events.

Python's own server is enough for one person's programs: it starts at once and needs nothing else. What it lacks are
limits, which are here: how many clients, how large, and how long.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import unquote, urlsplit

from seqchat.errors import SeqchatError, one_line
from seqchat.serving.api import GETS, POSTS, Api, Json
from seqchat.serving.dialect import RequestError
from seqchat.serving.limits import MAX_BYTES, SECONDS, Activity, deadline, drain, hang_up

_MODEL = "/v1/models/"


class HttpServer(ThreadingMixIn, HTTPServer):
    """Listens on a port from the start; clients are answered once it serves."""

    daemon_threads, block_on_close = True, False
    request_queue_size = 64

    def __init__(self, host: str, port: int, api: Api, token: str) -> None:
        """port: 0 for any that is free; token: what clients have to know.

        Raises:
            SeqchatError: the port cannot be had.
        """
        self.api, self.token, self.activity = api, token.encode(), Activity()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), HttpHandler)
        except (OSError, UnicodeError) as error:
            used = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "it is in use; choose another with --port" if used else one_line(getattr(error, "strerror", error))
            raise SeqchatError(f"Port {port} of {one_line(host)} cannot be used ({reason}).") from error

    def server_bind(self) -> None:
        # Python's own would ask the network for the name of the host.
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address that programs are told."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}/v1"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.server_name.partition("%")[0]).is_loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that has gone is no news."""


class HttpHandler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: HttpServer
    timeout = SECONDS
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "seqchat", ""

    def handle(self) -> None:
        with self.server.activity.client() as admitted:
            self._admitted = admitted
            with contextlib.suppress(OSError):
                super().handle()
                drain(self.connection)

    def handle_one_request(self) -> None:
        # One byte now and then would get round a limit for each read.
        self._reading = contextlib.ExitStack()
        with self._reading:
            self._reading.enter_context(deadline(SECONDS, lambda: hang_up(self.connection)))
            super().handle_one_request()

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def handle_expect_100(self) -> bool:
        try:
            self._length()
        except RequestError as error:
            self._fail(error)
            return False
        return super().handle_expect_100()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP, or a method that there is not."""
        self._fail(RequestError(code, f"{message or 'The request cannot be answered'}.".replace("..", ".")))

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log: what people write is theirs."""

    def _answer(self, answer: Any) -> None:
        try:
            if not self._admitted:
                raise RequestError(503, "There are too many clients; try again later.")
            self._check_token()
            found = answer(urlsplit(self.path).path)
            if isinstance(found, dict):
                self._send(200, found)
            else:
                self._stream(found)
        except RequestError as error:
            self._fail(error)
        except OSError:
            self.close_connection = True
        except Exception as error:  # a server goes on
            self._fail(RequestError(500, f"Something unexpected happened ({type(error).__name__}: {one_line(error)})."))

        finally:
            self.server.api.tidy()

    def _get(self, path: str) -> Json:
        api = self.server.api
        if path.startswith(_MODEL):
            return api.described(unquote(path.removeprefix(_MODEL)))
        if path in GETS:
            return GETS[path](api)
        raise self._unknown(path, POSTS)

    def _post(self, path: str) -> Json | Iterator[Json]:
        if path not in POSTS:
            raise self._unknown(path, GETS)
        kept = self.rfile.read(self._length())
        self._reading.close()
        try:
            body = json.loads(kept)
        except (ValueError, RecursionError):
            raise RequestError(400, "The body of a request is JSON in UTF-8.") from None
        return POSTS[path](self.server.api, body)

    def _unknown(self, path: str, others: Any) -> RequestError:
        if path in others:
            return RequestError(405, f"{self.command} is no method of {path}.")
        paths = ", ".join([*GETS, *POSTS])
        return RequestError(404, f"There is nothing at this path; the paths are {paths}.")

    def _length(self) -> int:
        """Return the length of the body in bytes."""
        given = self.headers.get("Content-Length", "")
        if not given.isascii() or not given.isdigit() or "Transfer-Encoding" in self.headers:
            raise RequestError(411, "A request says the length of its body (Content-Length).")
        if len(given) > 20 or int(given) > MAX_BYTES:
            raise RequestError(413, f"The body of a request has at most {MAX_BYTES:,} bytes.")
        return int(given)

    def _check_token(self) -> None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self.server.token):
            raise RequestError(
                401, "The token is missing or wrong; send 'Authorization: Bearer TOKEN'.", "invalid_api_key"
            )

    def _fail(self, error: RequestError) -> None:
        # What of the request was not read must not be taken for the next one.
        self.close_connection = True
        with contextlib.suppress(OSError):
            self._send(error.status, error.as_json())

    def _send(self, status: int, content: Json) -> None:
        body = json.dumps(content, ensure_ascii=False).encode("utf-8", errors="replace")
        self._begin(status, "application/json", {"Content-Length": str(len(body))})
        self.wfile.write(body)

    def _begin(self, status: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _stream(self, events: Iterator[Json]) -> None:
        """Send events as they come; the connection ends with them."""
        self.close_connection = True
        self._begin(200, "text/event-stream", {})
        try:
            for event in events:
                self._event(json.dumps(event, ensure_ascii=False))
        except SeqchatError as error:
            self._event(json.dumps(RequestError(500, str(error)).as_json(), ensure_ascii=False))
        self._event("[DONE]")

    def _event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode(errors="replace"))
