"""Conventions side by side, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from lsmooth.compare.comparison import Compared
    from lsmooth.compare.matching import Match
    from lsmooth.losses import Loss


def _grid(title: str, *headings: str) -> Table:
    """Return a table whose last column takes what width is left."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=True)
    table.add_column(headings[-1], overflow="fold", ratio=1)
    return table


def render_compared(rows: Sequence[Compared], loss: Loss, epsilon: float) -> RenderableType:
    """Return the loss under every convention, the lowest first, and what has none."""
    kind = "one class a row" if loss.kind == "softmax" else "each label on its own"
    title = f"The same {loss.predictions} and labels at ε = {epsilon:g}, K = {loss.classes}, {kind}, in nats"
    table = _grid(title, "loss", "", "true class", "others", "torch ε", "conventions")
    for row in rows:
        if row.loss is not None:
            same = "-" if row.torch_epsilon is None else f"{row.torch_epsilon:.4g}"
            names = Text(", ".join(row.conventions), style="cyan")
            shown = Text(f"{row.loss:.6f}", style="bold")
            reduction = Text(row.reduction, style="dim")
            table.add_row(shown, reduction, row.true_class, row.other_classes, same, names)
    parts: list[RenderableType] = [table]
    without = [row for row in rows if row.loss is None]
    if without:
        rest = _grid("", "no loss", "conventions")
        for reason in dict.fromkeys(row.reason or "" for row in without):
            having = [name for row in without if row.reason == reason for name in row.conventions]
            rest.add_row(Text(reason, style="yellow"), Text(", ".join(having)))
        parts += [rest]
    note = "torch ε: what label_smoothing gives the same target in PyTorch; -: none does"
    return Group(*parts, "", Text(note, style="dim"))


def render_matches(rows: Sequence[Match], value: str) -> RenderableType:
    """Return which conventions give a number, the simplest ε first."""
    table = _grid(f"What gives {value}", "ε", "reduction", "divided by", "loss", "conventions")
    for row in rows:
        names = Text(", ".join(row.conventions), style="cyan")
        if not row.log_softmax:
            names.append(" given logits without log_softmax", style="yellow")
        divisor = DIVIDED[row.denominator]
        table.add_row(
            Text(f"{row.epsilon!r}", style="bold"), row.reduction, divisor, f"{row.loss:.6f}", names
        )
    return table


DIVIDED = {
    None: "-",
    "valid": "rows",
    "all": "all rows, ignored too",
    "weights": "weights of labels",
    "all-weights": "weights, ignored too",
    "nonzero": "rows with a weight",
    "split": "weights; all rows",
}
