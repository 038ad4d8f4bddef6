"""What a lesson is made of: steps with their formulas, tables, pictures, what to notice. Loads no numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from lsmooth.smoothing import Rule

Cell = str | int | float


@dataclass(frozen=True)
class Numbers:
    """The numbers that the user gives; None takes those of the document."""

    epsilon: float | None = None
    classes: int | None = None
    label: int | None = None
    spread: Rule | None = None
    probs: tuple[float, ...] | None = None
    logits: tuple[float, ...] | None = None
    noise: float | None = None
    seed: int | None = None

    def given(self) -> tuple[str, ...]:
        """The names of those that are given."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)


@dataclass(frozen=True)
class Printed:
    """What a document prints in a place: the text as it stands there, and the numbers it means."""

    text: str
    values: tuple[float, ...]
    digits: int


@dataclass(frozen=True)
class Step:
    """One step: formula → formula with the numbers put in → result.

    Attributes:
        title: what is done.
        formula: in readable Unicode.
        filled: the formula with the numbers put in.
        result: as it is shown.
        values: the result in full precision.
        unit: of the values, as `nats`.
        printed: what the document prints here; shown only for the document's numbers.
    """

    title: str
    formula: str
    filled: str
    result: str
    values: tuple[float, ...] = ()
    unit: str = ""
    printed: Printed | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells; floats are shown with `digits` decimals.

    Attributes:
        bar: the column that is drawn as bars too, its values in [0, 1].
        marked: the row of the true class.
        whole: all rows are shown, however many.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    digits: int = 4
    bar: int | None = None
    marked: int | None = None
    whole: bool = False


@dataclass(frozen=True)
class Series:
    """A picture of values, one bar each, scaled to the largest of all series."""

    title: str
    x: str
    y: str
    points: tuple[tuple[str, float], ...]
    digits: int = 4


@dataclass(frozen=True)
class Flow:
    """Boxes from top to bottom, each with a title and a line."""

    boxes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Node:
    """A node of a tree with a value, and its children."""

    name: str
    value: float | None = None
    children: tuple[Node, ...] = ()
    marked: bool = False


@dataclass(frozen=True)
class Note:
    """A paragraph, with a heading where it has one; one that `warns` is about something wrong."""

    text: str
    title: str = ""
    warns: bool = False


Part = Step | Table | Series | Flow | Node | Note


@dataclass(frozen=True)
class Worked:
    """A lesson worked out with numbers.

    Attributes:
        inputs: what is put in, name and value.
        parts: in the order in which they are shown.
        notice: what to notice, a sentence each.
        commands: what does the same on files.
        data: what only JSON carries, beside the parts.
    """

    inputs: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    notice: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)


def vector(values: tuple[float, ...] | list[float], digits: int = 4) -> str:
    """Return numbers as a vector, without trailing zeros; long ones are folded in the middle.

    >>> vector([0.9, 0.05, 0.05])
    '[0.9, 0.05, 0.05]'
    """
    shown = [number(value, digits) for value in values]
    if len(shown) > 8:
        shown = [*shown[:4], f"… {len(shown) - 6} more", *shown[-2:]]
    return f"[{', '.join(shown)}]"


def number(value: float, digits: int = 4) -> str:
    """Return a number with at most so many decimals.

    >>> number(0.1), number(1 / 3), number(2.0)
    ('0.1', '0.3333', '2')
    """
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
