"""The table of conventions: what each framework computes when it smooths labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from lsmooth.compare.laws import LAWS
from lsmooth.conventions import list_conventions
from lsmooth.conventions.model import Convention
from lsmooth.errors import UsageError
from lsmooth.lessons.given import epsilon_of
from lsmooth.lessons.model import Cell, Numbers, Part, Table, Worked

COLUMNS = ("name", "ignores", "weights", "mean divides by", "minus", "default ε")
_NONE = "-"
_DIVISORS = {
    "valid": "rows",
    "all": "all rows",
    "weights": "weights",
    "all-weights": "all weights",
    "nonzero": "weighted rows",
    "split": "weights | all rows",
}
#: What a group is about: its spread, its kind, whether a class is reserved.
Group = tuple[str, str, bool]


def table(numbers: Numbers) -> Worked:
    """Every convention, by what it makes of ε."""
    entries = list_conventions()
    groups = list(dict.fromkeys(map(_group, entries)))
    groups.sort(key=lambda group: group[1] == "sigmoid")
    values = _values(numbers)
    parts: list[Part] = []
    for group in groups:
        members = [entry for entry in entries if _group(entry) == group]
        title = _title(members[0], values)
        parts.append(Table(title, COLUMNS, tuple(map(_row, members)), whole=True))
    return Worked(
        inputs=(("conventions", str(len(entries))), *_inputs(values)),
        parts=tuple(parts),
        notice=(_same(values), *_notice(entries)),
        commands=_commands(values),
        data={"conventions": [_entry(entry, values) for entry in entries]},
    )


def _group(entry: Convention) -> Group:
    return entry.spread, entry.kind, entry.reserved


def _values(numbers: Numbers) -> tuple[float, int] | None:
    """Return ε and K where one of them is given; 0.1 and 10 for the other."""
    if numbers.epsilon is None and numbers.classes is None:
        return None
    classes = 10 if numbers.classes is None else numbers.classes
    if classes < 2:
        raise UsageError(f"classes is {classes}, wanted at least 2", "pass --classes 10")
    return epsilon_of(numbers, 0.1), classes


def _inputs(values: tuple[float, int] | None) -> tuple[tuple[str, str], ...]:
    return () if values is None else (("ε", f"{values[0]:.6g}"), ("K", str(values[1])))


def _same(values: tuple[float, int] | None) -> str:
    if values is None:
        return "The same ε is not the same target: others(ε) is all(ε·K/(K-1)), flip(ε) is half(2ε)."
    epsilon, classes = values
    larger = epsilon * classes / (classes - 1), 2 * epsilon
    told = [f"{value:.6g}" if value <= 1 else "an ε above 1" for value in larger]
    return (
        f"The same ε is not the same target: others({epsilon:.6g}) is all({told[0]}), flip({epsilon:.6g}) is"
        f" half({told[1]})."
    )


def _commands(values: tuple[float, int] | None) -> tuple[str, ...]:
    epsilon, classes = (0.1, 3) if values is None else values
    row = ",".join(f"{2 - 0.5 * k:g}" for k in range(min(classes, 20)))
    return (
        f"printf '0\\n' | lsmooth smooth -k {classes} -e {epsilon:.12g} --like fairseq",
        f"printf '{row}\\n' > logits.csv",
        f"printf '0\\n' | lsmooth loss logits.csv - -e {epsilon:.12g} --compare",
    )


def _targets(entry: Convention, values: tuple[float, int]) -> tuple[float, float] | None:
    """Return the target of the true class and of each other class, None where K is too small."""
    epsilon, classes = values
    shares = classes - entry.reserved
    law = next(law for law in LAWS if law.spread == entry.spread)
    return None if entry.reserved and shares < 2 else law.at(epsilon, shares)


def _title(entry: Convention, values: tuple[float, int] | None) -> str:
    true_class, others = entry.true_class, entry.other_classes
    if values is not None and (found := _targets(entry, values)) is not None:
        true_class, others = (f"{value:.6g}" for value in found)
        others += ", padding 0" if entry.reserved else ""
    each = "" if entry.kind == "softmax" else ", labels on their own"
    return f"{entry.spread}{each}: the true class {true_class}, each other {others}"


def _row(entry: Convention) -> tuple[Cell, ...]:
    divisor = _DIVISORS[entry.divisor] + (f" + {entry.plus:g}" if entry.plus else "")
    default = _NONE if entry.default_epsilon is None else f"{entry.default_epsilon:g}"
    return (
        entry.name,
        entry.ignore or ("padding" if entry.reserved else _NONE),
        entry.weights or _NONE,
        divisor if entry.reduction == "mean" else "nothing: a sum",
        entry.subtract or _NONE,
        default,
    )


def _notice(entries: Sequence[Convention]) -> tuple[str, ...]:
    names = ", ".join(f"{alias} = {entry.name}" for entry in entries for alias in entry.aliases)
    taxed = ", ".join(f"{entry.name} (z = {entry.z_loss:g})" for entry in entries if entry.z_loss)
    focal = ", ".join(
        f"{entry.name} (α = {entry.focal.alpha:g}, γ = {entry.focal.gamma:g})"
        for entry in entries
        if entry.focal is not None
    )
    single = ", ".join(entry.name for entry in entries if entry.single)
    return (
        (
            "weights: what class weights multiply. class: every term; target: the hard term alone; row: the"
            " whole row, by the weight of its label; where it is -, none are taken."
        ),
        (
            "mean divides by: rows are those not ignored; all rows count ignored ones too; weights are those"
            " of the rows' labels, the rows where no weights are given; weighted rows have a weight that is"
            " not 0; weights | all rows: one for the hard term, the other for the smooth one."
        ),
        (
            "minus: the reported loss is the cross-entropy minus the target's entropy, so that a perfect"
            " answer has 0; t2t adds 1e-20 inside its logarithm."
        ),
        "default ε: where it is -, it has to be given.",
        f"A z-loss, z·logsumexp², is added by {taxed}. A focal loss, with α·(1-p)^γ: {focal}.",
        f"Computed in float32 inside: {single}. lsmooth gives the true value, which agrees to float32.",
        f"Other names: {names}.",
        "Notes on each, the versions and the sources are in --json.",
    )


def _entry(entry: Convention, values: tuple[float, int] | None) -> dict[str, object]:
    plain = asdict(entry) | {"true_class": entry.true_class, "other_classes": entry.other_classes}
    return plain if values is None else plain | {"targets": _targets(entry, values)}
