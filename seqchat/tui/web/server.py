"""textual-serve, restricted to its own page: other sites that are open in the browser get no app."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class LocalServer(Server):
    """Refuses websockets from pages of other sites, also from those that claim this machine's address."""

    async def on_startup(self, app: web.Application) -> None:
        """Say where the app is."""
        self.console.print(f"seqchat is at {self.public_url}  (Ctrl+C ends it)", highlight=False)

    def request_exit(self) -> None:
        """End at once; aiohttp would wait a minute for open pages. The apps notice and save their text."""
        sys.stdout.flush()
        os._exit(0)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Start an app for a visitor from our own page.

        Raises:
            web.HTTPForbidden: the page is another one's.
        """
        page = urlsplit(request.headers.get("Origin", "")).netloc
        name = urlsplit(f"//{request.host}").hostname
        if page != request.host or (self.host in LOOPBACK and name not in LOOPBACK):
            raise web.HTTPForbidden(text="This app is only shown on its own page.")
        return await super().handle_websocket(request)
