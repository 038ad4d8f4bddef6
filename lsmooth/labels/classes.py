"""The classes: how many, their names, which cells of text mean which of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, did_you_mean, listed, shown

#: The index of a row whose label is ignored, once labels are read.
IGNORED = -1
#: What a reader puts where a numeric column has a cell that `--ignore` names.
MISSING = np.iinfo(np.int64).min

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity|nan)\s*", re.I | re.A)


def is_number(cell: str) -> bool:
    """Whether numpy's text reader takes the cell as a number.

    >>> is_number(" 1e-3 "), is_number("0x1F"), is_number("")
    (True, False, False)
    """
    return _NUMBER.fullmatch(cell) is not None


def floats_of(cells: Sequence[str]) -> list[float] | None:
    """Return the numbers in cells, by the same rule; None where one is none.

    >>> floats_of(["1", " 1e-3 "]), floats_of(["1", "1_000"])
    ([1.0, 0.001], None)
    """
    text = "".join(cells)
    # what `float` takes and numpy does not: underscores, other digits, other spaces
    plain = text.isascii() and text.isprintable() and "_" not in text
    if not plain and not all(map(is_number, cells)):
        return None
    try:
        return list(map(float, cells))
    except ValueError:
        return None


@dataclass(frozen=True)
class Classes:
    """The classes in order: how many, and their names where they have any."""

    count: int
    names: tuple[str, ...] | None = None

    @cached_property
    def index(self) -> Mapping[str, int]:
        """From a cell of text to a class: the names; decimal indices too, unless a name is a number."""
        names = self.names or ()
        plain = not any(is_number(name) for name in names)
        indices = {str(number): number for number in range(self.count)} if plain else {}
        return indices | {name: number for number, name in enumerate(names)}

    @cached_property
    def _lookups(self) -> dict[frozenset[str], Mapping[str, int]]:
        return {}

    def lookup(self, ignored: frozenset[str]) -> Mapping[str, int]:
        """Return `index` with IGNORED for some cells."""
        if ignored not in self._lookups:
            self._lookups[ignored] = {**self.index, **dict.fromkeys(ignored, IGNORED)}
        return self._lookups[ignored]

    @cached_property
    def numbered(self) -> bool:
        """Whether a name is a number, so that whole numbers are names and not indices."""
        return any(is_number(name) for name in self.names or ())

    @property
    def in_order_of_text(self) -> bool:
        """Whether the names are whole numbers, not in the order of these: 0, 1, 10, 2."""
        names = self.names or ()
        whole = all(name.isascii() and name.isdigit() for name in names)
        return whole and sorted(names, key=int) != list(names)

    @cached_property
    def truths(self) -> tuple[int, int] | None:
        """The classes named False and True, which truth values mean then; None where these are 0 and 1."""
        index = {name.casefold(): number for number, name in enumerate(self.names or ())}
        return (index["false"], index["true"]) if {"false", "true"} <= index.keys() else None

    def headings(self) -> list[str]:
        """Column headings that never look like data; raise LsmoothError where two would be the same."""
        if self.names is None:
            return [f"class_{number}" for number in range(self.count)]
        found = [f"class_{name}" if is_number(name) else name for name in self.names]
        if len(set(found)) < len(found):
            twice = next(name for name, count in Counter(found).items() if count > 1)
            message = f"two classes would have the column {shown(twice)}"
            raise LsmoothError(message, "give one of them another name, or write NPY")
        return found

    def find(self, name: str) -> int:
        """Return the index of a class given by name or by index; raise LsmoothError for an unknown one."""
        if name in self.index:
            return self.index[name]
        raise LsmoothError(f"there is no class {shown(name)}{self.suggest(name)}", self.choices())

    def suggest(self, name: str) -> str:
        """Return a did-you-mean among the names."""
        return did_you_mean(name, self.names or ())

    def choices(self) -> str:
        """Return a hint that lists the classes."""
        if self.names is None:
            return f"classes are 0-{self.count - 1}"
        return f"the classes are {listed(self.names)}"


def names_from_header(header: Sequence[str], file: str) -> tuple[str, ...] | None:
    """Return the class names that column headings of a file give: None for class_0 … class_{K-1} in order."""
    if list(header) == Classes(len(header)).headings():
        return None
    bare = [name.removeprefix("class_") for name in header]
    names = tuple(b if is_number(b) else name for b, name in zip(bare, header, strict=True))
    for position, name in enumerate(names):
        if not name or name in names[:position]:
            fault = f"the class {shown(name)} twice" if name else "a class without a name"
            hint = "give each column a name of its own"
            raise LsmoothError(f"the header holds {fault}", hint, where=file)
    return names


@dataclass(frozen=True)
class Ignore:
    """Which labels are ignored: indices, names, and all-zero or all-NaN rows."""

    values: tuple[str, ...] = ()

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The values that are whole numbers of 64 bits."""
        found = (re.fullmatch(r"\s*([+-]?0*\d{1,19})(\.0*)?\s*", value) for value in self.values)
        whole = [int(number[1]) for number in found if number]
        return np.array([number for number in whole if MISSING <= number < 2**63], dtype=np.int64)

    @cached_property
    def cells(self) -> frozenset[str]:
        """The values as cells of text."""
        return frozenset(self.values)

    def check_rows(self, classes: Classes) -> None:
        """Raise LsmoothError for a class, where labels are rows: no row is of one class alone."""
        named = (value for value in self.values if value in classes.index)
        found = next((value for value in named if value not in {"zero", "nan"}), None)
        if found is not None:
            message = f"{shown(found)} is to be ignored, and is a class: the labels are rows of values"
            raise LsmoothError(message, "drop such rows, or ignore `zero` or `nan`: rows of nothing else")

    def rows(self, rows: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return which of (n, K) rows are ignored, (n,)."""
        hidden = np.zeros(len(rows), dtype=bool)
        if "zero" in self.values:
            hidden |= (rows == 0).all(axis=1)
        if "nan" in self.values:
            hidden |= np.isnan(rows).all(axis=1)
        return hidden
