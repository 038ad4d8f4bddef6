"""Lessons as Markdown."""

from __future__ import annotations

from lsmooth.cli.console import printable
from lsmooth.lessons import Lesson
from lsmooth.lessons.model import Flow, Node, Note, Part, Series, Step, Table, Worked, number


def lesson_markdown(lesson: Lesson, worked: Worked) -> str:
    """Return a lesson as Markdown."""
    lines = [f"## {lesson.title}", "", f"*From {'; '.join(lesson.sources)}.*", ""]
    lines += [f"- {_text(name)} = {_text(value)}" for name, value in worked.inputs]
    for part in worked.parts:
        lines += ["", *_part(part)]
    if worked.notice:
        lines += ["", "**What to notice**", "", *(f"- {_text(sentence)}" for sentence in worked.notice)]
    if worked.commands:
        lines += ["", "```sh", *worked.commands, "```"]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return printable(text).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def _part(part: Part) -> list[str]:
    match part:
        case Step():
            unit = f" {part.unit}" if part.unit else ""
            lines = [f"**{_text(part.title)}**", ""]
            lines += [f"    {printable(text)}" for text in (part.formula, part.filled) if text]
            lines += [f"    = {printable(part.result)}{unit}"]
            if part.printed is not None:
                lines += ["", f"The document prints {_text(part.printed.text)}."]
            return lines
        case Table():
            rows = [[_cell(cell, part.digits) for cell in row] for row in part.rows]
            if part.marked is not None:
                rows[part.marked] = [f"**{cell}**" for cell in rows[part.marked]]
            title = [f"**{_text(part.title)}**", ""] if part.title else []
            return title + _table([_text(name) for name in part.columns], rows)
        case Series():
            points = [[_text(label), f"{value:.{part.digits}f}"] for label, value in part.points]
            return [f"**{_text(part.title)}**", "", *_table([_text(part.x), _text(part.y)], points)]
        case Flow():
            return [
                f"{position}. **{_text(title)}**: {_text(text)}"
                for position, (title, text) in enumerate(part.boxes, 1)
            ]
        case Node():
            return _node(part, 0)
        case Note():
            title = [f"**{_text(part.title)}**", ""] if part.title else []
            return [*title, _text(part.text)]


def _cell(cell: str | float, digits: int) -> str:
    return f"{cell:.{digits}f}" if isinstance(cell, float) else _text(str(cell))


def _table(columns: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows)]


def _node(node: Node, depth: int) -> list[str]:
    value = "" if node.value is None else f": {number(node.value, 4)}"
    name = f"**{_text(node.name)}**" if node.marked else _text(node.name)
    lines = [f"{'  ' * depth}- {name}{value}"]
    for child in node.children:
        lines += _node(child, depth + 1)
    return lines
