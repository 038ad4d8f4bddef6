"""Results as tables and pictures for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lsmooth.cli.console import printable

if TYPE_CHECKING:
    from lsmooth.calibration import Reliability
    from lsmooth.pipeline.results import LossResult, Report

BAR = 30
#: Classes shown where the height of the terminal is not known.
CLASSES = 15
#: Lines of a report beside its classes and its bins: titles, terms, blank lines, the summary, the prompt.
OTHER_LINES = 25


def bar(value: float, width: int = BAR, mark: float | None = None) -> Text:
    """Return a bar for a value in [0, 1], with a mark at another value."""
    filled = round(max(0.0, min(1.0, value)) * width)
    text = Text.assemble(("█" * filled, "cyan"), ("·" * (width - filled), "dim"))
    if mark is not None:
        place = min(width - 1, int(max(0.0, min(1.0, mark)) * width))
        text = Text.assemble(text[:place], ("│", "bold yellow"), text[place + 1 :])
    return text


def number(value: float | None, digits: int = 6) -> str:
    """Return a number for a table."""
    return "-" if value is None else f"{value:.{digits}f}"


def _grid(title: str, *headings: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for position, heading in enumerate(headings):
        text = position in (0, len(headings) - 1)
        table.add_column(heading, justify="left" if text else "right", no_wrap=True)
    return table


def render_report(result: LossResult, height: int | None) -> RenderableType:
    """Return the report of a loss: its terms, calibration, and the classes, worst first."""
    parts: list[RenderableType] = [_terms(result)]
    report = result.report
    if report is not None and report.reliability is not None:
        diagram = _diagram(report.reliability)
        classes = _classes(result, report, height, diagram.row_count)
        parts += ["", _calibration(report), "", diagram, "", classes]
    return Group(*parts)


def _terms(result: LossResult) -> Table:
    at = result.at[0]
    table = _grid(
        f"Loss at ε = {at.epsilon:g}, spread {result.spread}, {result.reduction}, in nats", "", "", ""
    )
    table.show_header = False
    more = [("z-loss", at.z_loss, "z · logsumexp² of the logits")] if at.z_loss else []
    more += (
        [("less", at.subtracted, "what is subtracted: the entropy of the targets")] if at.subtracted else []
    )
    above = "hard + smooth" if more else "loss"
    formula = "hard + smooth" + " + z-loss" * bool(at.z_loss) + " - less" * bool(at.subtracted)
    shares = (
        ("loss", at.loss, formula),
        ("hard", at.hard, "(1-ε) · cross-entropy with the label"),
        ("smooth", at.smooth, "ε · cross-entropy with the spread"),
        *more,
        ("floor", at.floor, "the entropy of the targets: no loss is lower"),
        ("excess", at.excess, f"{above} - floor: what training can still take away"),
    )
    for name, value, meaning in shares:
        style = "bold" if name == "loss" else ""
        table.add_row(Text(name, style=style), Text(number(value), style=style), Text(meaning, style="dim"))
    return table


def _calibration(report: Report) -> Table:
    table = _grid("Predictions", "", "", "")
    table.show_header = False
    assert report.confidence is not None
    assert report.accuracy is not None
    gap = report.confidence - report.accuracy
    lean = "over-confident" if gap > 0 else "under-confident" if gap < 0 else "as it should be"
    rows = (
        ("perplexity", number(report.perplexity, 4), "exp of the mean -log p of the true class"),
        ("accuracy", number(report.accuracy, 4), "the largest prediction is the label"),
        ("confidence", number(report.confidence, 4), "the mean of the largest probability"),
        ("gap", f"{gap:+.4f}", f"confidence - accuracy: {lean}"),
        ("ECE", number(report.ece, 4), "expected calibration error, 15 bins (lo, hi]"),
        ("MCE", number(report.mce, 4), "the largest gap of a bin"),
        ("Brier", number(report.brier, 4), "Σ (p - y)², from 0 to 2"),
    )
    for name, value, meaning in rows:
        table.add_row(name, value, Text(meaning, style="dim"))
    return table


def _diagram(reliability: Reliability) -> Table:
    table = _grid("Reliability: bar = accuracy, │ = mean confidence", "confidence", "rows", "accuracy", "")
    for k, rows in enumerate(reliability.rows.tolist()):
        if rows:
            accuracy = int(reliability.hits[k]) / rows
            confidence = float(reliability.confidence[k]) / rows
            edges = f"{k / reliability.bins:.2f}-{(k + 1) / reliability.bins:.2f}"
            table.add_row(edges, f"{rows:,}", f"{accuracy:.3f}", bar(accuracy, mark=confidence))
    return table


def _classes(result: LossResult, report: Report, height: int | None, bins: int) -> Table:
    table = _grid("Classes, the worst first", "class", "rows", "loss", "accuracy", "")
    seen = [k for k, rows in enumerate(report.class_rows.tolist()) if rows]
    seen.sort(key=lambda k: (-float(report.class_losses[k]), k))
    most = CLASSES if height is None else max(3, height - OTHER_LINES - bins)
    shown = seen if len(seen) <= most else seen[: most - 1]
    for k in shown:
        name = printable(result.class_name(k))
        accuracy = float(report.class_accuracy[k])
        table.add_row(
            Text(name[:30] + "…" * (len(name) > 30)),
            f"{int(report.class_rows[k]):,}",
            number(float(report.class_losses[k]), 4),
            f"{accuracy:.3f}",
            bar(accuracy),
        )
    if len(shown) < len(seen):
        table.add_row(Text(f"… {len(seen) - len(shown):,} more", style="dim"))
    return table


def render_sweep(result: LossResult) -> Table:
    """Return the loss at each ε, with bars."""
    table = _grid(
        f"Loss by ε, spread {result.spread}, {result.reduction}, in nats", "ε", "loss", "floor", "excess", ""
    )
    top = max((at.loss for at in result.at if at.loss != float("inf")), default=1.0) or 1.0
    for at in result.at:
        scaled = 1.0 if at.loss == float("inf") else at.loss / top
        floor = None if at.floor is None else at.floor / top
        table.add_row(
            f"{at.epsilon:g}", number(at.loss), number(at.floor), number(at.excess), bar(scaled, mark=floor)
        )
    return table
