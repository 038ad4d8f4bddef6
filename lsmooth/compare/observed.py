"""What a pass over targets keeps: distinct pairs of values, sums, extremes; in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.compare.tallies import MOST_ROUNDING, Beyond, Columns, Floats, Odd, Pair, Soft, Sums
from lsmooth.labels.soft import decimals, tolerance_of

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
#: Of a row: `on`, `off`, how many classes have `on`, how many have 0.
Key = tuple[float, float, int, int]

#: Pairs of values that are held apart; rows with further ones are counted, and their extremes held.
MOST_PAIRS = 1000


@dataclass(frozen=True)
class Text:
    """A block of text: the cells of a row of it, and the place of a row."""

    cells: Callable[[int], Sequence[str]] | None = None
    where: Callable[[int], str] | None = None


class Observed:
    """What is known of (n, K) targets after some blocks of them, the same however they are cut.

    Args:
        classes: K.
        dtype: of the values in the file; float64 for text.
    """

    def __init__(self, classes: int, dtype: np.dtype[Any]) -> None:
        self.classes = classes
        self.precision = float(np.finfo(dtype).eps) if dtype.kind == "f" else 2.0**-52
        self.tolerance = tolerance_of(dtype)
        self.rows = self.zero = self.nan = self.hard = self.several = self.smoothed = 0
        self.whole = True
        self.odd = {name: Odd() for name in ("NaN", "infinite", "negative", "above 1")}
        self.pairs: dict[Key, Pair] = {}
        self.beyond = {"one": Beyond(), "own": Beyond()}
        self.soft, self.sums, self.hard_sums, self.columns = Soft(), Sums(), Sums(), Columns(classes)
        self.touched = np.zeros(classes, dtype=bool)

    def add(self, block: NDArray[Any], text: Text | None = None) -> None:
        """Add (n, K) rows."""
        # short rows are summed in the same order either way, and columns are walked faster
        values = np.asarray(block, dtype=np.float64, order="F" if self.classes < 8 else "C")
        self._text, self._start = text or Text(), self.rows
        self.rows += len(values)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(values.sum(axis=1))
        if not finite.all():
            self._add_odd(values, np.flatnonzero(~finite))
        high, low = values.max(axis=1), values.min(axis=1)
        empty = np.asarray(finite & (high == 0) & (low == 0) & (self.classes > 1))
        self.zero += int(np.count_nonzero(empty))
        hard = (((high == 1) & (low == 0)) | (low == high) & np.isin(high, (0, 1))) & ~empty
        hard[hard] = ((values[hard] == 0) | (values[hard] == 1)).all(axis=1)
        self._add_hard(values, hard)
        rows = np.flatnonzero(finite & ~empty & ~hard)
        if rows.size:
            self.smoothed += len(rows)
            self._add_smoothed(values if len(rows) == len(values) else values[rows], rows)

    def _where(self, row: int) -> str:
        where = self._text.where
        return where(row) if where is not None else f"row {self._start + row}"

    def _places(self, row: int) -> list[int] | None:
        """Return the decimals of the cells of a row of text."""
        cells = self._text.cells
        return None if cells is None else [decimals(cell) for cell in cells(row)]

    def _rounding(self, row: int) -> float:
        """Return how far from 1 the sum of a row of text may be by its decimals alone."""
        return min(MOST_ROUNDING, sum(0.5 * 10.0**-place for place in self._places(row) or ()))

    def _add_odd(self, values: Floats, rows: Rows) -> None:
        part = values[rows]
        missing = np.isnan(part)
        empty = np.asarray(missing.all(axis=1))
        self.nan += int(np.count_nonzero(empty))
        some = np.asarray(missing.any(axis=1))
        self._note("NaN", rows, some & ~empty, np.zeros(len(rows)))
        self._note("infinite", rows, ~some, np.abs(part).max(axis=1))

    def _note(self, name: str, rows: Rows, mask: Mask, values: Floats) -> None:
        if mask.any():
            found = values[mask]
            worst = float(found[np.abs(found).argmax()])
            self.odd[name].add(int(mask.sum()), self._where(int(rows[mask.argmax()])), worst)

    def _add_hard(self, values: Floats, hard: Mask) -> None:
        totals, first, counts = np.unique(values[hard].sum(axis=1), return_index=True, return_counts=True)
        rows = np.flatnonzero(hard)
        for k in np.argsort(first).tolist():
            one = totals[k] == 1 or self.classes == 1
            self.hard += int(counts[k]) if one else 0
            self.several += 0 if one else int(counts[k])
            where = self._where(int(rows[first[k]]))
            self.hard_sums.add(float(totals[k]), int(counts[k]), where, off=not one)

    def _add_smoothed(self, values: Floats, rows: Rows) -> None:
        high, low = values.max(axis=1), values.min(axis=1)
        if self.whole:
            self.whole = bool((values == np.floor(values)).all())
        self._note("negative", rows, low < 0, low)
        self._note("above 1", rows, high > 1 + self.tolerance, high)
        if not self.touched.all():
            self.touched |= (values != 0).any(axis=0)
        reach = 2 * self.precision
        off, zeros = _smallest(values, high, low)
        on = values >= (high - reach * np.abs(high))[:, None]
        count = on.sum(axis=1)
        near = (np.abs(values - off[:, None]) <= reach * np.abs(off)[:, None]) & ~on
        two = count + near.sum(axis=1) + zeros == self.classes
        one = count == 1
        self.columns.add(values if one.all() else values[one])
        off = np.where(count == self.classes, high, off)
        if two.any():
            self._add_pairs(values[two], rows[two], np.stack([high, off, count, zeros], axis=1)[two])
        if not two.all():
            self._add_soft(values[~two], rows[~two], low[~two])

    def _add_pairs(self, values: Floats, rows: Rows, keys: Floats) -> None:
        if (keys == keys[0]).all():
            starts, counts = np.zeros(1, dtype=np.intp), np.array([len(rows)])
            group = np.zeros(len(rows), dtype=np.intp)
        else:
            starts, counts, group = _groups(keys, self.classes + 1)
        held = np.ones(len(starts), dtype=bool)
        for each, key in enumerate(map(tuple, keys[starts].tolist())):
            if (pair := self.pairs.get(key)) is not None:
                pair.rows += int(counts[each])
            elif len(self.pairs) < MOST_PAIRS:
                start = starts[each]
                self.pairs[key] = self._pair(_key(keys[start]), values[start], int(rows[start]))
                self.pairs[key].rows = int(counts[each])
            else:
                held[each] = False
        more = ~held[group]
        if more.any():
            self._add_beyond(values[more], rows[more], keys[more])

    def _pair(self, key: Key, values: Floats, row: int) -> Pair:
        places = self._places(row)
        at = None
        if places is not None:
            is_off = (values == key[1]) if key[1] != 0 else values == 0
            at = places[int(values.argmax())], places[int(is_off.argmax())]
        return Pair(*key, rows=1, where=self._where(row), places=at)

    def _add_beyond(self, values: Floats, rows: Rows, keys: Floats) -> None:
        """Add rows of two values that are not among the pairs held."""
        on, off, count, zeros = keys.T
        totals = count * on + (self.classes - count - zeros) * off
        reach = np.full(len(rows), self.tolerance)
        for row in np.flatnonzero(np.abs(totals - 1) > self.tolerance).tolist():
            reach[row] += self._rounding(int(rows[row]))
        one = (count == 1) & (np.abs(totals - 1) <= reach)
        own = (np.abs(on + off - 1) <= reach) & ~one
        for name, mask in (("one", one), ("own", own)):
            if mask.any():
                found = np.flatnonzero(mask)
                ends = found[[off[found].argmin(), off[found].argmax()]]
                pairs = [self._pair(_key(keys[k]), values[k], int(rows[k])) for k in ends.tolist()]
                self.beyond[name].add(pairs, len(found))
                self.sums.low = min(self.sums.low, float(totals[mask].min()))
                self.sums.high = max(self.sums.high, float(totals[mask].max()))
        rest = ~(one | own)
        self._add_soft(values[rest], rows[rest], values[rest].min(axis=1))

    def _add_soft(self, values: Floats, rows: Rows, lows: Floats) -> None:
        if not len(rows):
            return
        places = self._places(int(rows[0]))
        self.soft.add(lows, self._where(int(rows[0])), None if places is None else max(places))
        totals = values.sum(axis=1)
        away = np.abs(totals - 1) > self.tolerance
        self.sums.low = min(self.sums.low, float(totals.min()))
        self.sums.high = max(self.sums.high, float(totals.max()))
        for row in np.flatnonzero(away).tolist():
            if abs(totals[row] - 1) > self.tolerance + self._rounding(int(rows[row])):
                self.sums.add(float(totals[row]), 1, self._where(int(rows[row])), off=True)


def _key(values: Floats) -> Key:
    on, off, count, zeros = values.tolist()
    return on, off, int(count), int(zeros)


def _groups(keys: Floats, wide: int) -> tuple[Rows, Rows, Rows]:
    """Return the first row of each key, in order, how many rows have it, and the key of each row."""
    _, code = np.unique(keys[:, 0] + 1j * keys[:, 1], return_inverse=True)
    code = (code.reshape(-1) * wide + keys[:, 2].astype(np.int64)) * wide + keys[:, 3].astype(np.int64)
    _, starts, group, counts = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(starts)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return starts[order], counts[order], place[group.reshape(-1)]


def _smallest(values: Floats, high: Floats, low: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return the smallest value that is not 0, and how many are 0; 0 and none where only one other is."""
    off, zeros = low.copy(), np.zeros(len(values), dtype=np.intp)
    rows = np.flatnonzero(low == 0)
    if rows.size:
        part = values[rows]
        least = np.where(part > 0, part, np.inf).min(axis=1)
        more = least < high[rows]
        off[rows[more]] = least[more]
        zeros[rows[more]] = (part[more] == 0).sum(axis=1)
    return off, zeros
