"""``seqchat serve``: an engine that stays in memory, for commands with --fast and for other programs."""

from __future__ import annotations

import os
import secrets
import signal
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import Duration, json_option, lexicon_option, precision_option, print_json, script_option
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from seqchat.model.output import Precision
    from seqchat.serving.http import HttpServer
    from seqchat.serving.resident import Resident

_TOKEN = "SEQCHAT_TOKEN"
_SHORTEST_TOKEN = 16


@click.command(short_help="Keep a model in memory for other programs and for --fast.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 for one that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--no-http", is_flag=True, help="Only serve commands with --fast.")
@click.option("--idle", type=Duration(), metavar="TIME", help="End after such a time without requests, such as 15m.")
@click.option("--stop", is_flag=True, help="End the engine that is running.")
@click.option("--status", is_flag=True, help="Say whether one is running.")
@lexicon_option
@script_option
@precision_option
@json_option
def serve(
    models: tuple[str, ...],
    port: int,
    host: str,
    no_http: bool,
    idle: float | None,
    stop: bool,
    status: bool,
    lexicon: str | None,
    script: str,
    precision: Precision,
    as_json: bool,
) -> None:
    """Keep each MODEL in memory until Ctrl-C, by default the one that ships.

    Commands with --fast use it, and other programs by HTTP: it speaks the dialect of completions and chat completions
    (/v1/models, /v1/completions, /v1/chat/completions), with a token. The token is new each time, or that of the
    environment variable SEQCHAT_TOKEN.

    \b
    seqchat serve
    seqchat serve me lstm-chat --port 9000
    seqchat serve --stop
    """
    if stop or status:
        _report("stop" if stop else "state", as_json)
        return
    from seqchat.cli import run_in
    from seqchat.serving.engines import Engines
    from seqchat.serving.resident import Resident, make_way

    engines = Engines(kept=max(2, len(models)))
    if no_http:
        make_way(for_http=False)
        http = None
    else:
        from seqchat.serving.api import Api, Loading
        from seqchat.serving.http import HttpServer

        api, token = Api(engines, models or [DEFAULT_MODEL], Loading(precision, lexicon, script)), _token()
        # Before the port is tried, as an engine that runs already may have it.
        make_way(for_http=True)
        http = HttpServer(host, port, api, token)
    resident = Resident(engines, run_in, http, idle)
    _end_on_signals(resident)
    with resident.listening():
        if http is not None:
            http.api.load()
            _show(http, as_json)
        resident.wait()


def _token() -> str:
    token = os.environ.get(_TOKEN, "")
    if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise SeqchatError(f"{_TOKEN} must have at least {_SHORTEST_TOKEN} characters of ASCII, without spaces.")
    return token or secrets.token_urlsafe(24)


def _end_on_signals(resident: Resident) -> None:
    def end(*_: object) -> None:
        resident.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _show(http: HttpServer, as_json: bool) -> None:
    token = http.token.decode()
    if as_json:
        print_json({"url": http.url, "token": token, "models": http.api.models, "process": os.getpid()})
        return
    click.echo(f"{', '.join(http.api.models)} at {http.url}")
    click.echo(f"Token: {token}")
    if not http.is_local:
        click.echo("Other machines can reach this, and what they send and receive is not encrypted.", err=True)
    click.echo("Ctrl-C ends it.", err=True)


def _report(asked: str, as_json: bool) -> None:
    from seqchat.serving.resident import ask

    state = ask(asked)
    if as_json:
        print_json({"running": state is not None, **(state or {})})
    elif state is None:
        click.echo("No engine is running.")
    elif asked == "stop":
        click.echo(f"The engine of process {state['process']} ends.")
    else:
        http = f", for other programs at {state['http']}" if state["http"] else ""
        click.echo(f"An engine is running in process {state['process']}{http}.")
