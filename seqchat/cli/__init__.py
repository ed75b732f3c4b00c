"""The command line: one file per command. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import traceback
from typing import TYPE_CHECKING

import click

from seqchat import __version__
from seqchat.errors import SeqchatError, one_line

if TYPE_CHECKING:
    from seqchat.serving.surroundings import Surroundings

# The commands in the order of `seqchat --help`; each is the function of that name in the module of that name.
COMMANDS = (
    "tui",
    "tour",
    "data",
    "train",
    "watch",
    "plot",
    "complete",
    "generate",
    "chat",
    "eval",
    "compare",
    "inspect",
    "gradients",
    "probe",
    "neurons",
    "serve",
    "lsp",
    "models",
    "bench",
    "lab",
    "lexicon",
    "words",
    "forget",
)


class LazyGroup(click.Group):
    """Imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"seqchat.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            names = ", ".join(COMMANDS)
            raise click.UsageError(f"{error.message.rstrip('.')}; the commands are {names}.", ctx) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="seqchat %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def cli(debug: bool) -> None:
    """Type with a recurrent language model in the terminal, and see it think.

    \b
    seqchat tui                                 # the app, with the model that ships
    seqchat train chats/ --out checkpoints/me   # a model of your own text
    seqchat tui me                              # the app with it
    seqchat complete 我想吃huog                 # suggestions, without the app
    """


def run_in(arguments: list[str], surroundings: Surroundings) -> None:
    """Run a command elsewhere than in a process of its own; what goes wrong is raised."""
    # Not `cli.main`, which changes the output of the whole process when a reader has gone.
    with cli.make_context("seqchat", arguments, obj=surroundings) as context:
        cli.invoke(context)


def main() -> None:
    """Run the command line; failures become one sentence on standard error and exit status 1 or 2."""
    status = _run()
    if "seqchat.tui.app" in sys.modules and threading.active_count() > 1:
        # At its normal exit, Python would stop a thread in the middle of PyTorch's work, which aborts the program.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _run() -> int:
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        cli.main(arguments, prog_name="seqchat", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _stopped()
    except BrokenPipeError:
        # The reader of the output has gone (`| head`), so there is nobody to tell.
        sys.stderr.close()
        return 1
    except Exception as error:
        if debug:
            traceback.print_exc()
        if _was_interrupted(error):
            return _stopped()
        click.echo(f"Error: {_sentence(error)}", err=True)
        return 1
    return 0


def _stopped() -> int:
    click.echo("Stopped.", err=True)
    return 130


def _was_interrupted(error: BaseException) -> bool:
    """Whether an interrupt led to a failure: a decoder in C makes an error of it, and so may a clean-up."""
    before = error.__cause__ or error.__context__
    return isinstance(error, KeyboardInterrupt) or (before is not None and _was_interrupted(before))


def _sentence(error: Exception) -> str:
    if isinstance(error, SeqchatError):
        return one_line(error, 2_000)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{one_line(error.filename)} cannot be used ({error.strerror})."
    return f"Something unexpected happened ({type(error).__name__}: {one_line(error)}); --debug shows where."
