"""The Typer application: a command a file, loaded when it is named."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lsmooth import __version__

#: The commands and what they do, as their docstrings begin: what the help and a TAB list needs no more.
COMMANDS = {
    "smooth": "Turn label files into soft targets: label·(1-ε) + ε·spread.",
    "loss": "Compute the smoothed cross-entropy of predictions, in nats.",
    "explain": "Explain label smoothing with worked numbers, each computed as you look.",
}


class Commands(TyperGroup):
    """The commands, each with its flags once it is named; until then its name and a line on what it does."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name, the whole command, and the words after it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and load(listed.name or ""), rest


def load(name: str) -> Any:
    """Return a command with its flags."""
    alone = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)
    alone.command(name)(getattr(import_module(f"lsmooth.cli.{name}"), name))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="lsmooth",
    cls=Commands,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lsmooth {__version__}")
        raise typer.Exit


@app.callback()
def lsmooth(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Label smoothing on files: soft targets from labels, smoothed losses from predictions.

    [bold]Examples[/bold]
      [dim]# targets on the screen, then in a file for training[/]
      [cyan]lsmooth smooth labels.csv -e 0.1[/]
      [cyan]lsmooth smooth labels.csv -e 0.1 -o soft.npy[/]
      [dim]# the loss of predictions[/]
      [cyan]lsmooth loss logits.npy labels.csv -e 0.1 --report[/]
      [dim]# why, with worked numbers[/]
      [cyan]lsmooth explain[/]
    """
    del version


def _listed() -> None:
    """Stand where a command is listed, and is not run."""


for _name, _what in COMMANDS.items():
    app.command(_name, help=_what)(_listed)
