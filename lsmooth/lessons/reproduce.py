"""Commands that write the targets that were found, or those that were meant."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator

from lsmooth.compare.detected import Detection, Reading


def commands_for(found: Detection, best: Reading | None, name: str) -> Iterator[str]:
    """Yield commands for the targets in a file of that name; `best` is what they are, None if nothing is."""
    if best is None:
        yield from _meant(found, name)
    else:
        yield from _commands(best, found, name)


def _commands(best: Reading, found: Detection, name: str) -> Iterator[str]:
    several = best.kind == "sigmoid" and found.sums.low != found.sums.high
    parts = ["lsmooth smooth", "soft.csv" if best.weights == "soft" else "labels.csv"]
    if several:
        parts.append("--labels multilabel")
    elif best.weights != "soft":
        parts.append(f"-k {found.classes}")
    if best.epsilon is None:
        parts.append(_varying(best, found))
    else:
        amount = best.epsilon / (1 + best.epsilon) if best.spread == "relative" else best.epsilon
        parts.append(f"-e {amount:.12g}")
    parts.append(f"--spread {'all' if best.spread == 'relative' else best.spread}")
    parts += [f"--exclude {k}" for k in found.reserved]
    if found.prior is not None:
        short = len(found.prior) <= 10 and all(math.isfinite(share) for share in found.prior)
        given = ",".join(f"{share:.6g}" for share in found.prior) if short else "prior.csv"
        parts.append(f"--prior {given}")
    if best.weights != "class":
        yield " ".join(parts)
    if best.kind == "softmax" and name.isprintable() and not found.faults and name != "stdin":
        flags = [" --ignore zero"] * bool(found.zero) + [" --ignore nan"] * bool(found.nan)
        yield f"lsmooth loss logits.npy {shlex.quote(name)}{''.join(flags)}"


def _meant(found: Detection, name: str) -> Iterator[str]:
    """Return what makes the targets that were meant, where a fault is known or nothing is smoothed."""
    if found.epsilon == 0 and not found.faults:
        kind = " --labels multilabel" if found.multi_hot else ""
        yield f"lsmooth smooth {shlex.quote(name) if name.isprintable() else 'labels.npy'}{kind} -e 0.1"
    for fault in found.known[:1]:
        if fault.low == fault.high:
            yield f"lsmooth smooth labels.csv -k {found.classes} -e {fault.low:.12g} --spread {fault.spread}"


def _varying(best: Reading, found: Detection) -> str:
    if found.by_class:
        return "--per-class epsilon.csv"
    return f"-e {best.low:.6g}:{best.high:.6g} --conditional predictions.npy"
