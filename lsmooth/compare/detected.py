"""What can be told from targets alone, as data. Loads no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lsmooth.conventions.model import Kind, Spread

Weights = Literal["uniform", "prior", "class", "soft"]


@dataclass(frozen=True)
class Reading:
    """A way to read the targets: where ε goes, and how much it is.

    Attributes:
        spread: where ε goes.
        kind: `softmax` (one class a row) or `sigmoid` (each label on its own).
        weights: how it is shared: `uniform`; by a `prior`; by the true `class` (a hierarchy, an order, a
            similarity); or uniform over labels that were `soft` rows.
        low: the least ε, in [0, 1].
        high: the largest ε; the same where there is one.
        distinct: how many different ε there are, None for more than 1,000.
        true_class: the target of the true class at the least ε; None where the weights are not uniform.
        other_classes: that of each other class.
        counts: the different ε and how many rows have each, where they are few.
        rows: how many rows can be read so.
        conventions: the names of those that write such targets.
    """

    spread: Spread
    kind: Kind
    weights: Weights
    low: float
    high: float
    distinct: int | None
    rows: int
    true_class: float | None = None
    other_classes: float | None = None
    counts: tuple[tuple[float, int], ...] = ()
    conventions: tuple[str, ...] = ()

    @property
    def epsilon(self) -> float | None:
        """ε where it is one, else None."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class KnownFault:
    """Rows that were made in a way that is known to be wrong.

    Attributes:
        name: of the fault.
        spread: what was meant.
        low: the least ε.
        high: the largest ε.
        rows: how many rows.
        where: the first of them.
    """

    name: str
    spread: Spread
    low: float
    high: float
    rows: int
    where: str


@dataclass(frozen=True)
class RowSums:
    """The sums of the rows that are not ignored.

    Attributes:
        low: the least; NaN where there is no row.
        high: the largest.
        off: how many rows are farther from 1 than their rounding explains.
        worst: the sum that is farthest from 1.
        where: the first row with that sum; empty where none is off.
    """

    low: float
    high: float
    off: int
    worst: float
    where: str


@dataclass(frozen=True)
class Detection:
    """What a set of targets is, from its values alone.

    Attributes:
        rows: N, ignored ones among them.
        classes: K.
        zero: rows that are 0 for every class.
        nan: rows that are NaN for every class.
        hard: rows with 1 for one class and 0 for all others; ε is 0 there.
        multi_hot: rows of 0 and 1 with another sum than 1.
        soft: rows that are not an 'on' for the true class and an 'off' for the others.
        readings: ways to read the smoothed rows, the likeliest first. Several ways can give the same values:
            `others` at ε is `all` at ε·K/(K-1).
        reserved: classes that are 0 wherever others are not, as padding is.
        prior: (K,) shares by which ε is spread, where it is by a prior; NaN where a share cannot be told.
        by_class: where rows differ, whether all rows of a class have the same largest value.
        single: whether ε is a round number only if the values were computed in float32.
        outgrown: whether others are larger than the true class.
        bound: the largest ε that soft rows allow with spread `all`; None where there are none.
        sums: of the rows.
        known: the faults with a name.
        faults: all that is wrong with the values, a sentence each.
        names: of the classes, where a header has them.
        left_out: headings, or numbers from 1, of columns of a text file that cannot be targets.
    """

    rows: int
    classes: int
    zero: int
    nan: int
    hard: int
    multi_hot: int
    soft: int
    readings: tuple[Reading, ...]
    reserved: tuple[int, ...]
    prior: tuple[float, ...] | None
    by_class: bool
    single: bool
    outgrown: bool
    bound: float | None
    sums: RowSums
    known: tuple[KnownFault, ...]
    faults: tuple[str, ...]
    names: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()

    @property
    def ignored(self) -> int:
        """How many rows are ignored: all 0 or all NaN."""
        return self.zero + self.nan

    @property
    def epsilon(self) -> float | None:
        """ε of the likeliest reading where it is one; 0 for hard labels alone; else None."""
        if self.readings:
            return self.readings[0].epsilon
        return 0.0 if self.hard + self.multi_hot == self.rows - self.ignored > 0 else None
