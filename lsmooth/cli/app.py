"""The Typer application: a command a file."""

from __future__ import annotations

from typing import Annotated

import typer

from lsmooth import __version__
from lsmooth.cli.explain import explain
from lsmooth.cli.loss import loss
from lsmooth.cli.smooth import smooth

app = typer.Typer(
    name="lsmooth",
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


app.command()(smooth)
app.command()(loss)
app.command()(explain)
