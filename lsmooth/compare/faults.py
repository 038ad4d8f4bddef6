"""What is wrong with targets, in sentences that say what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lsmooth.compare.detected import KnownFault
from lsmooth.compare.laws import Fault
from lsmooth.compare.tallies import Odd, Sums


@dataclass(frozen=True)
class Misread:
    """Rows with a known fault.

    Attributes:
        fault: which.
        low, high: the least and the largest ε.
        rows: how many.
        above: how many of them have a value above 1.
        where: the first.
    """

    fault: Fault
    low: float
    high: float
    rows: int
    above: int
    where: str

    def known(self) -> KnownFault:
        """Return it as data."""
        law = self.fault.law
        return KnownFault(self.fault.name, law.spread, self.low, self.high, self.rows, self.where)


_WHAT = {
    "NaN": ("hold NaN beside numbers", "a row without a label is NaN or 0 for all classes."),
    "infinite": ("hold infinite values", "a target lies between 0 and 1."),
    "negative": ("hold negative values, down to {value}", "a target is at least 0; are they logits?"),
    "above 1": ("hold values above 1, up to {value}", "a target is at most 1; are they logits?"),
}


def fault_sentences(
    odd: Mapping[str, Odd], misread: Sequence[Misread], loose: Sums, classes: int, rows: int
) -> tuple[str, ...]:
    """Return what is wrong, worst first.

    Args:
        odd: rows with values that no target has.
        misread: rows with a known fault.
        loose: the sums of rows that nothing explains.
        classes: how many have a share.
        rows: how many are not ignored.
    """
    above = sum(each.above for each in misread)
    found = [_misread_sentence(each, classes, rows) for each in misread]
    for name, each in odd.items():
        if each.rows - (above if name == "above 1" else 0) > 0:
            what, remedy = _WHAT[name]
            text = what.format(value=f"{each.value:.6g}")
            found.append(f"{_rows(each.rows)} {_verb(text, each.rows)} (first: {each.where}): {remedy}")
    if loose.off:
        verb = "do" if loose.off != 1 else "does"
        found.append(
            f"{_rows(loose.off)} {verb} not sum to 1; the farthest sums to {loose.worst:.6g}"
            f" ({loose.where}): in softmax cross-entropy a row of mass M weighs M times as much."
        )
    return tuple(found)


def _misread_sentence(each: Misread, classes: int, rows: int) -> str:
    ends = [each.fault.total(epsilon, classes) for epsilon in (each.low, each.high)]
    mass = f"{ends[0]:.6g}" if each.low == each.high else f"{min(ends):.6g} to {max(ends):.6g}"
    epsilon = f"{each.low:.6g}" if each.low == each.high else f"{each.low:.6g} to {each.high:.6g}"
    which = "All rows" if each.rows == rows else f"{_rows(each.rows)} (first: {each.where})"
    return (
        f"{which}: {each.fault.what}."
        f" With ε = {epsilon} a row of one class sums to {each.fault.mass} = {mass}, not to 1."
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _verb(text: str, rows: int) -> str:
    return text.replace("hold", "holds", 1) if rows == 1 else text
