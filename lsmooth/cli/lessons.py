"""Lessons as pictures for a terminal: steps, tables with bars, flows, trees."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree

from lsmooth.cli.console import printable
from lsmooth.cli.render import bar
from lsmooth.lessons import CATALOGUE, Lesson
from lsmooth.lessons.model import Cell, Flow, Node, Note, Part, Series, Step, Table, Worked, number

#: Rows of a table beyond which the middle is folded.
MOST_ROWS = 12
MOST_BAR = 30
LEAST_BAR = 8
GAP = 2
NAME = 200
#: Columns of text are no wider; longer cells are wrapped.
WORDS = 38
MARK = "◀ true class"


def render_list(width: int) -> RenderableType:
    """Return the catalogue, grouped, with what to try next."""
    parts: list[RenderableType] = []
    wide = max(len(lesson.topic) for lesson in CATALOGUE) + GAP
    for group in dict.fromkeys(lesson.group for lesson in CATALOGUE):
        parts.append(Text(group, style="bold"))
        for lesson in CATALOGUE:
            if lesson.group == group:
                line = Text.assemble((lesson.topic.ljust(wide), "cyan"), lesson.line)
                parts.append(Padding(line, (0, 0, 0, GAP)) if width >= 60 else line)
        parts.append(Text())
    parts.append(
        Text("Try next: lsmooth explain three-classes, then with your numbers: -e 0.2 -k 4 --label 2")
    )
    parts.append(Text("What a file of targets is: lsmooth explain targets.npy"))
    return Group(*parts)


def render_lesson(lesson: Lesson, worked: Worked, width: int, *, given: Sequence[str] = ()) -> RenderableType:
    """Return a lesson as it is shown in so many columns."""
    parts: list[RenderableType] = [
        Text(lesson.title, style="bold"),
        Text("from " + "; ".join(lesson.sources), style="dim"),
    ]
    if given:
        parts.append(Text("reworked with your " + ", ".join(given), style="yellow"))
    parts.append(Text())
    for name, value in worked.inputs:
        parts.append(Text.assemble((f"{_clean(name)} = ", "dim"), printable(value)))
    for part in worked.parts:
        parts += [Text(), *_part(part, width)]
    if worked.notice:
        parts += [Text(), Text("What to notice", style="bold")]
        parts += [_bullet(sentence) for sentence in worked.notice]
    if worked.commands:
        parts += [Text(), Text("On files", style="bold")]
        parts += [Text(command, style="cyan") for command in worked.commands]
    return Group(*parts)


def _bullet(sentence: str) -> RenderableType:
    grid = RichTable.grid(padding=(0, 1, 0, 0))
    grid.add_row(Text("-"), Text(printable(sentence)))
    return grid


def _clean(name: str) -> str:
    """Return a name without control characters, cut to a readable length."""
    clean = printable(name)
    return clean if len(clean) <= NAME else clean[: NAME - 1] + "…"


def _part(part: Part, width: int) -> list[RenderableType]:
    match part:
        case Step():
            return _step(part)
        case Table():
            title = [Text(printable(part.title), style="bold")] if part.title else []
            return [*title, *_table(part, width)]
        case Series():
            return _series(part, width)
        case Flow():
            return _flow(part, width)
        case Node():
            tree = Tree(_node(part), guide_style="dim")
            _grow(tree, part)
            return [tree]
        case Note():
            title = [Text(printable(part.title), style="bold red" if part.warns else "bold")]
            return [*(title if part.title else []), Text(printable(part.text))]


def _step(step: Step) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(printable(step.title), style="bold")]
    shown = ((step.formula, ""), (step.filled, "dim"))
    lines += [Padding(Text(printable(text), style=style), (0, 0, 0, GAP)) for text, style in shown if text]
    unit = f" {step.unit}" if step.unit else ""
    result = Text.assemble(("= ", "dim"), (printable(step.result) + unit, "bold green"))
    lines.append(Padding(result, (0, 0, 0, GAP)))
    if step.printed is not None:
        text = Text.assemble(("the document prints ", "dim"), (step.printed.text, "yellow"))
        lines.append(Padding(text, (0, 0, 0, GAP)))
    return lines


def _cells(row: Sequence[Cell], digits: int) -> list[str]:
    return [f"{cell:.{digits}f}" if isinstance(cell, float) else _clean(str(cell)) for cell in row]


def _table(table: Table, width: int) -> list[RenderableType]:
    """Return a table, folded to MOST_ROWS rows, its columns laid under one another where they do not fit."""
    rows = _fold(table)
    cells = {k: _cells(table.rows[k], table.digits) for k in rows}
    most = WORDS if width >= 100 else max(12, width // 2 - 4)
    wide = []
    for c, name in enumerate(table.columns):
        longest = max([len(name), *(len(row[c]) for row in cells.values())])
        wide.append(min(longest, most) if _is_text(table, c) else longest)
    if len(rows) < len(table.rows):
        wide[0] = max(wide[0], len(_more(len(table.rows))))
    marks = len(MARK) + GAP if table.marked is not None else 0
    room = width - sum(wide) - GAP * len(wide) - marks
    drawn = min(MOST_BAR, room) if table.bar is not None and room >= LEAST_BAR else 0
    if room < 0 and marks:
        marks, room = 2 + GAP, room + len(MARK) - 2
    return [
        _grid(
            table,
            rows,
            cells,
            [(c, wide[c]) for c in columns],
            drawn if last else 0,
            short=marks == 2 + GAP,
        )
        for columns, last in _spans(wide, width - marks)
    ]


def _more(count: int) -> str:
    return f"… {count:,} more"


def _is_text(table: Table, column: int) -> bool:
    return any(isinstance(row[column], str) for row in table.rows)


def _fold(table: Table) -> list[int]:
    """Return the rows that are shown: the first, the last and the true class where there are many."""
    count = len(table.rows)
    if count <= MOST_ROWS or table.whole:
        return list(range(count))
    keep = {*range(MOST_ROWS - 4), count - 1, count - 2}
    return sorted(keep if table.marked is None else keep | {table.marked})


def _spans(wide: Sequence[int], width: int) -> list[tuple[list[int], bool]]:
    """Return which columns stand side by side; the first is repeated in each span."""
    spans, now = [], [0]
    for column in range(1, len(wide)):
        if len(now) > 1 and sum(wide[c] + GAP for c in [*now, column]) > width:
            spans.append(now)
            now = [0]
        now.append(column)
    spans.append(now)
    return [(span, position == len(spans) - 1) for position, span in enumerate(spans)]


def _grid(
    table: Table,
    rows: Sequence[int],
    cells: dict[int, list[str]],
    columns: Sequence[tuple[int, int]],
    drawn: int,
    *,
    short: bool,
) -> RichTable:
    grid = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    for c, wide in columns:
        text = _is_text(table, c)
        heading = Text(_clean(table.columns[c]))
        grid.add_column(
            heading, justify="left" if text else "right", no_wrap=not text, width=wide, overflow="fold"
        )
    if drawn:
        grid.add_column("", no_wrap=True)
    if table.marked is not None:
        grid.add_column("", no_wrap=True)
    for position, k in enumerate(rows):
        if position and k != rows[position - 1] + 1:
            grid.add_row(Text(_more(k - rows[position - 1] - 1), style="dim"))
        marked = k == table.marked
        line: list[RenderableType] = [Text(cells[k][c], style="bold" if marked else "") for c, _ in columns]
        if drawn:
            assert table.bar is not None
            line.append(bar(float(table.rows[k][table.bar]), drawn))
        if table.marked is not None:
            line.append(Text((MARK[:1] if short else MARK) if marked else "", style="bold green"))
        grid.add_row(*line)
    return grid


def _series(series: Series, width: int) -> list[RenderableType]:
    top = max((value for _, value in series.points), default=1.0) or 1.0
    shown = [(printable(label), f"{value:.{series.digits}f}", value) for label, value in series.points]
    wide = max([len(series.x), *(len(label) for label, _, _ in shown)])
    numbers = max([len(series.y), *(len(text) for _, text, _ in shown)])
    drawn = min(MOST_BAR, width - wide - numbers - 2 * GAP)
    grid = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    grid.add_column(Text(_clean(series.x)), justify="right", no_wrap=True)
    grid.add_column(Text(_clean(series.y)), justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    for label, text, value in shown:
        grid.add_row(label, text, bar(value / top, drawn) if drawn >= LEAST_BAR else Text())
    return [Text(printable(series.title), style="bold"), grid]


def _flow(flow: Flow, width: int) -> list[RenderableType]:
    inner = max(max(len(title), len(text)) for title, text in flow.boxes)
    wide = min(width, inner + 4)
    parts: list[RenderableType] = []
    for position, (title, text) in enumerate(flow.boxes):
        if position:
            parts.append(Text(" " * (wide // 2) + "↓"))
        parts.append(
            Panel(Text(printable(text)), title=Text(printable(title)), title_align="left", width=wide)
        )
    return parts


def _node(node: Node) -> Text:
    text = Text.assemble((_clean(node.name), "bold" if node.marked else ""))
    if node.value is not None:
        text = Text.assemble(text, (f"  {number(node.value, 4)}  ", "green"), bar(node.value, 12))
    return Text.assemble(text, (f"  {MARK}", "bold green")) if node.marked else text


def _grow(tree: Tree, node: Node) -> None:
    for child in node.children:
        _grow(tree.add(_node(child)), child)
