"""What a file of targets is, as a lesson: faults first, then the reading, and who writes such targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from textwrap import wrap

from lsmooth.compare.detected import Detection, Reading
from lsmooth.conventions import list_conventions
from lsmooth.lessons.model import Cell, Note, Part, Step, Table, Worked
from lsmooth.lessons.reproduce import commands_for

#: Names of classes that are shown.
MOST_NAMES = 6
#: Letters of names of conventions on a line of the table.
LINE = 36


def detected_title(found: Detection) -> str:
    """Return what the targets are in one line."""
    best = _main(found)
    if best is None:
        return _title_without_reading(found)
    how = {
        "uniform": f"spread {best.spread}",
        "prior": "spread by a prior",
        "class": "spread by the true class",
        "soft": "soft labels, spread all",
    }[best.weights]
    amount = (
        f"ε = {best.low:.6g}" if best.epsilon is not None else f"ε from {best.low:.6g} to {best.high:.6g}"
    )
    return f"Targets with {amount}, {how}" + (", and a fault" if found.faults else "")


def _main(found: Detection) -> Reading | None:
    """Return the likeliest reading, None where it is of few rows beside soft ones."""
    best = found.readings[0] if found.readings else None
    few = best is not None and best.weights == "uniform" and best.rows < found.soft
    return None if few else best


def _title_without_reading(found: Detection) -> str:
    if found.epsilon == 0:
        return "Hard labels: ε = 0" + (", and a fault" if found.faults else "")
    if found.ignored == found.rows:
        return "Ignored rows alone: no target"
    if found.known:
        return f"Targets with a fault: {found.known[0].name}"
    return "Targets with a fault" if found.faults else "Soft rows: ε cannot be told"


def detected_lesson(found: Detection, name: str) -> Worked:
    """Return what the targets of a file are, to be shown."""
    best = _main(found)
    parts: list[Part] = [
        Note(sentence, title="" if k else "What is wrong", warns=True)
        for k, sentence in enumerate(found.faults)
    ]
    if best is not None:
        parts += _reading(best, found)
        parts += _others(found)
    return Worked(
        inputs=_inputs(found, name),
        parts=tuple(parts),
        notice=tuple(_notice(found)),
        commands=tuple(commands_for(found, best, name)),
        data={"detection": asdict(found) | {"epsilon": found.epsilon, "ignored": found.ignored}},
    )


def _inputs(found: Detection, name: str) -> tuple[tuple[str, str], ...]:
    kinds = {
        "ignored": found.ignored,
        "hard": found.hard + found.multi_hot,
        "soft": found.soft,
    }
    apart = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
    names = ""
    if found.names is not None:
        more = ", …" if len(found.names) > MOST_NAMES else ""
        names = f" ({', '.join(found.names[:MOST_NAMES])}{more})"
    sums = found.sums
    total = (
        f"{sums.low:.6g}" if f"{sums.low:.6g}" == f"{sums.high:.6g}" else f"{sums.low:.6g} to {sums.high:.6g}"
    )
    shown = (("sum of a row", total),) if not math.isnan(sums.low) else ()
    return (
        ("file", name),
        ("rows", f"{found.rows:,}" + (f" ({apart})" if apart else "")),
        ("K", f"{found.classes:,}{names}"),
        *shown,
    )


def _reading(best: Reading, found: Detection) -> Iterator[Part]:
    if best.weights != "uniform":
        yield from _shares(best, found)
        return
    if best.epsilon is not None:
        titles = ("The true class", "Every other class")
        if best.kind == "sigmoid":
            titles = ("A label that is set", "A label that is not")
        for title, formula, value in zip(
            titles, _formulas(best), (best.true_class, best.other_classes), strict=True
        ):
            assert value is not None
            left = _of_shares(formula, found)
            filled = left.replace("ε", f"{best.epsilon:.6g}").replace("K", str(found.classes))
            yield Step(title, left, filled, f"{value:.6g}", (value,))
    elif best.counts:
        yield Table(
            "ε, and the rows that have it", ("ε", "rows"), tuple((f"{e:.6g}", n) for e, n in best.counts)
        )
    else:
        many = "more than 1,000" if best.distinct is None else f"{best.distinct:,}"
        yield Step(
            "ε differs by row",
            "",
            f"{many} values",
            f"{best.low:.6g} to {best.high:.6g}",
            (best.low, best.high),
        )


def _formulas(reading: Reading) -> tuple[str, str]:
    entries = (entry for entry in list_conventions() if entry.spread == reading.spread)
    entry = next(entry for entry in entries if not entry.reserved)
    return entry.true_class, entry.other_classes


def _of_shares(formula: str, found: Detection) -> str:
    """Return a formula of K with what is left of K where classes are reserved."""
    left = len(found.reserved)
    if not left:
        return formula
    return formula.replace("(K-1)", f"(K-{left + 1})").replace("/K", f"/(K-{left})")


def _shares(best: Reading, found: Detection) -> Iterator[Part]:
    assert best.epsilon is not None
    if found.prior is not None:
        yield Step(
            "How much is spread",
            "ε = 1 - (a class's target where it is true - where it is not)",
            "",
            f"{best.epsilon:.6g}",
            (best.epsilon,),
        )
        names = found.names or tuple(f"class {k}" for k in range(found.classes))
        rows = tuple((name, share) for name, share in zip(names, found.prior, strict=True))
        bar = 1 if all(math.isfinite(share) for share in found.prior) else None
        yield Table("The prior", ("class", "share of ε"), rows, bar=bar)
    elif best.weights == "class":
        yield Step("The true class, in every row", "1-ε", f"1-{best.epsilon:.6g}", f"{1 - best.epsilon:.6g}")
    else:
        each = best.epsilon / (found.classes - len(found.reserved))
        left = _of_shares("ε/K", found)
        filled = left.replace("ε", f"{best.epsilon:.6g}").replace("K", str(found.classes))
        yield Step("The smallest value of every soft row", left, filled, f"{each:.6g}", (each,))


def _others(found: Detection) -> Iterator[Part]:
    rows: list[tuple[Cell, ...]] = []
    for reading in found.readings:
        if reading.weights == "uniform":
            amount = f"{reading.low:.6g}"
            if reading.epsilon is None:
                amount = f"{reading.low:.4g} to {reading.high:.4g}"
            names = reading.conventions or ("lsmooth alone",)
            first: tuple[Cell, ...] = (reading.spread, amount, f"{reading.rows:,}")
            for k, line in enumerate(wrap(", ".join(names), LINE, break_on_hyphens=False)):
                rows.append((*(("", "", "") if k else first), line))
    if rows:
        columns = ("spread", "ε", "rows", "conventions")
        yield Table("Who writes such targets, and with which ε", columns, tuple(rows), whole=True)


def _notice(found: Detection) -> Iterator[str]:
    best = _main(found)
    if best is not None:
        yield from _doubts(best, found)
    elif found.readings:
        few = found.readings[0]
        yield f"{_rows(few.rows)} of two values, as spread {few.spread} makes them with ε = {few.low:.6g}."
    if best is None and found.soft and found.by_class:
        yield (
            "A class has the same largest value in all its rows: spread by the true class, as --hierarchy,"
            " --ordinal and --similarity do."
        )
    if found.reserved:
        names = ", ".join(found.names[k] if found.names else str(k) for k in found.reserved[:MOST_NAMES])
        yield f"Always 0, so reserved, as padding is: {names}. The K-{len(found.reserved)} others share ε."
    for count, value, word in ((found.zero, "0", "zero"), (found.nan, "NaN", "nan")):
        if count:
            yield f"{_rows(count)} of {value} alone, without a label: --ignore {word} leaves such rows out."
    hard = found.hard + found.multi_hot
    if hard:
        yield f"{_rows(hard)} of 0 and 1 alone: nothing is smoothed there, ε = 0 under every convention."
    if found.bound is not None and (best is None or best.weights == "uniform"):
        yield from _bound(found, found.bound)
    if found.left_out:
        names = ", ".join(found.left_out[:MOST_NAMES])
        yield f"Not taken for targets: {names}; --label-columns says otherwise."


def _bound(found: Detection, bound: float) -> Iterator[str]:
    if bound > 0:
        yield (
            f"{_rows(found.soft)} of more than two values. With spread all, ε is at most K times the smallest"
            f" value there: {bound:.6g}."
        )
    elif not found.faults:
        yield f"{_rows(found.soft)} of more than two values, down to 0: nothing is spread over all classes."


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _doubts(best: Reading, found: Detection) -> Iterator[str]:
    spreads = [reading.spread for reading in found.readings if reading.rows == best.rows]
    if best.weights == "class":
        yield (
            "The other classes share ε unequally: by a prior, a hierarchy, an order or a similarity"
            " (--spread others with --prior, --hierarchy, --ordinal or --similarity)."
        )
    elif len(spreads) > 1:
        why = "has the roundest" if _is_round(best) else "is the commonest"
        yield (
            f"The values are the same for {', '.join(spreads[:-1])} and {spreads[-1]}, each with its own ε;"
            f" {best.spread} {why}."
        )
    if best.kind == "sigmoid" and found.sums.off:
        yield (
            "Rows do not sum to 1, and need not: each label is on its own, for binary cross-entropy. For a"
            " softmax over one class they would be wrong."
        )
        if found.classes == 3 and found.sums.low == found.sums.high:
            yield "With 3 classes, fairseq gave a softmax the same values in 2017: 1-ε+ε/(K-1), ε/(K-1)."
    if best.epsilon is None and found.by_class:
        yield "Each class has one ε: that is --per-class, or --adaptive with --by class."
    elif best.epsilon is None:
        yield (
            "Rows of a class differ in ε: that is --conditional, --epsilon-column or --epsilon-by, or files"
            " joined."
        )
    if found.outgrown:
        yield "ε is so large that the other classes have more than the true one."
    if found.single:
        yield "ε is a round number only to 7 digits: the values were computed in float32."


def _is_round(best: Reading) -> bool:
    values = [epsilon for epsilon, _ in best.counts] or [best.low, best.high]
    return (bool(best.counts) or best.epsilon is not None) and all(
        value == round(value, 6) for value in values
    )
