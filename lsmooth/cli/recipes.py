"""The flags that say how labels are smoothed: how much, and where to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from lsmooth.cli.lists import all_cells, parse_map
from lsmooth.cli.options import As
from lsmooth.errors import UsageError, shown
from lsmooth.pipeline.amounts import By, EpsilonRule, Metric, Ramp, RecipeFlags, Uncertainty
from lsmooth.pipeline.weights import Distance, SpreadWeights
from lsmooth.smoothing import Rule

if TYPE_CHECKING:
    from lsmooth.conventions.model import Convention

#: More ε than this in a sweep is a slip of the step.
MOST_EPSILONS = 10_000

_much = partial(typer.Option, rich_help_panel="How much", show_default=False)
_where = partial(typer.Option, rich_help_panel="Where to", show_default=False)

Epsilon = Annotated[
    str | None,
    _much(
        "-e",
        "--epsilon",
        metavar="X",
        help="ε in \\[0, 1], or LOW:HIGH for a rule below to choose in; for loss also a list 0,0.05,0.1 or a"
        " sweep LOW:HIGH:STEP, end included. [dim](default: 0.1; loss of soft rows 0)[/]",
    ),
]
PerClass = Annotated[
    str | None,
    _much("--per-class", metavar="MAP", help="ε for each class, a=.2,*=.1 or p,q,r or a file."),
]
EpsilonBy = Annotated[
    str | None,
    _much("--epsilon-by", metavar="COLUMN", help="With --per-class: ε for each value of this column."),
]
EpsilonColumn = Annotated[
    str | None, _much("--epsilon-column", metavar="COLUMN", help="ε for each row, from this column.")
]
Adaptive = Annotated[
    str | None,
    _much(
        metavar="PRED",
        help="ε from how well these predictions do now: HIGH when bad, LOW when good. Training calls it"
        " once an epoch.",
    ),
]
MetricName = Annotated[
    Metric | None,
    _much("--metric", metavar="M", help="accuracy, or confidence in the label. [dim](default: accuracy)[/]"),
]
ByWhat = Annotated[
    By | None, _much("--by", metavar="WHAT", help="all rows, or class. [dim](default: all)[/]")
]
Conditional = Annotated[
    str | None,
    _much(metavar="PRED", help="ε of each row from how uncertain its prediction is: uncertain, HIGH."),
]
UncertaintyName = Annotated[
    Uncertainty | None,
    _much("--uncertainty", metavar="U", help="entropy, max, margin or true. [dim](default: entropy)[/]"),
]
Invert = Annotated[
    bool, _much("--invert", help="The other direction, which the literature has too: uncertain, LOW.")
]
Epoch = Annotated[
    str | None,
    _much(
        metavar="T/TOTAL",
        help="Gradual: ε runs from LOW to HIGH over the epochs; this one's. all/TOTAL with {epoch} in OUT"
        " writes a file an epoch (smooth).",
    ),
]
RampName = Annotated[
    Ramp | None,
    _much("--ramp", metavar="R", help="linear, cosine or exponential. [dim](default: linear)[/]"),
]
Gamma = Annotated[
    float | None, _much(metavar="G", help="Bends the adaptive and conditional rules. [dim](default: 1)[/]")
]
Spread = Annotated[
    Rule | None,
    _where(
        metavar="S",
        help="all (true class 1-ε+ε/K), others (1-ε; ε/(K-1) each), half (each label: y(1-ε)+ε/2),"
        " flip (y(1-2ε)+ε). [dim](default: all; half for multilabel)[/]",
    ),
]
Prior = Annotated[
    str | None,
    _where(
        metavar="MAP|labels",
        help="By class weights: a=.2,b=.05,*=.1 or p,q,r or a file; labels counts them."
        " [dim](default: uniform)[/]",
    ),
]
HierarchyFile = Annotated[
    str | None,
    _where("--hierarchy", metavar="FILE", help="By distance in a tree: edges parent,child, or levels."),
]
Beta = Annotated[
    float | None, _where(metavar="B", help="How fast weight falls with distance. [dim](default: 4)[/]")
]
DistanceName = Annotated[
    Distance | None,
    _where("--distance", metavar="D", help="height, depth or path. [dim](default: height)[/]"),
]
Ordinal = Annotated[bool, _where("--ordinal", help="By order: decay^|k-y|.")]
Decay = Annotated[float | None, _where(metavar="R", help="Of --ordinal. [dim](default: 0.1)[/]")]
Similarity = Annotated[str | None, _where(metavar="FILE", help="By a K×K matrix, NPY or CSV.")]
Confusion = Annotated[
    str | None, _where(metavar="PRED", help="By what these predictions take each class for.")
]
Online = Annotated[
    str | None, _where(metavar="PRED", help="By their mean where they are right (online label smoothing).")
]
Exclude = Annotated[
    list[str] | None, _where(metavar="NAME|I,...", help="Reserved classes (padding) that get no mass.")
]


def _conventions(incomplete: str) -> list[str]:
    from lsmooth.conventions import CONVENTIONS  # noqa: PLC0415 - for a TAB there

    return [entry.name for entry in CONVENTIONS if entry.name.startswith(incomplete)]


Like = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="As a framework does it: torch, keras, fairseq, ... All but ε. lsmooth explain conventions"
        " lists them.",
        rich_help_panel="As a framework",
        show_default=False,
        autocompletion=_conventions,
    ),
]
Pad = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|I",
        help="The class of padding: such rows do not count, and where the framework reserves it, it gets no"
        " mass.",
        rich_help_panel="As a framework",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Asked:
    """What the flags ask for: a recipe, or one at several ε, or one at every epoch."""

    recipe: RecipeFlags
    sweep: tuple[float, ...] | None = None
    every_epoch: bool = False


def build_recipe(
    epsilon: Epsilon = None,
    per_class: PerClass = None,
    epsilon_by: EpsilonBy = None,
    epsilon_column: EpsilonColumn = None,
    adaptive: Adaptive = None,
    metric: MetricName = None,
    by: ByWhat = None,
    conditional: Conditional = None,
    uncertainty: UncertaintyName = None,
    invert: Invert = False,
    epoch: Epoch = None,
    ramp: RampName = None,
    gamma: Gamma = None,
    spread: Spread = None,
    prior: Prior = None,
    hierarchy: HierarchyFile = None,
    beta: Beta = None,
    distance: DistanceName = None,
    ordinal: Ordinal = False,
    decay: Decay = None,
    similarity: Similarity = None,
    confusion: Confusion = None,
    online: Online = None,
    exclude: Exclude = None,
    like: Like = None,
    pad: Pad = None,
    kind: As = "auto",
) -> Asked:
    """Return what the flags ask for."""
    sweep = parse_sweep(epsilon)
    constant, span = parse_epsilon(epsilon) if sweep is None else (None, None)
    epochs = parse_epoch(epoch)
    amount = EpsilonRule(
        epsilon=constant,
        span=span,
        per_class=parse_map(per_class, "--per-class"),
        by_column=epsilon_by,
        column=epsilon_column,
        epoch=None if epochs is None else (1 if epochs[0] is None else epochs[0], epochs[1]),
        ramp=ramp,
        adaptive=adaptive,
        metric=metric,
        by=by,
        conditional=conditional,
        uncertainty=uncertainty,
        invert=invert,
        gamma=gamma,
    )
    weights = SpreadWeights(
        parse_map(prior, "--prior"), hierarchy, beta, distance, ordinal, decay, similarity, confusion, online
    )
    recipe = RecipeFlags(amount, spread, weights, all_cells(exclude), kind, _convention(like), pad)
    return Asked(recipe, sweep, epochs is not None and epochs[0] is None)


def _convention(like: str | None) -> Convention | None:
    if like is None:
        return None
    from lsmooth.conventions import find_convention  # noqa: PLC0415 - all of them, where one is asked for

    return find_convention(like)


def parse_epsilon(text: str | None) -> tuple[float | None, tuple[float, float] | None]:
    """Return ε or the range LOW:HIGH; raise UsageError for what is neither."""
    if text is None:
        return None, None
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 2:
        raise UsageError(f"--epsilon is {shown(text)}, wanted a number", "pass a share of the mass, as 0.1")
    return (numbers[0], None) if len(numbers) == 1 else (None, (numbers[0], numbers[1]))


def parse_sweep(text: str | None) -> tuple[float, ...] | None:
    """Return the ε of `0,0.05,0.1` or of `0:0.3:0.05` (end included), None for what is no sweep.

    Raises:
        UsageError: for a sweep that is none.
    """
    if text is None or (text.count(":") != 2 and "," not in text):
        return None
    if "," in text:
        found = [parse_epsilon(part)[0] for part in text.split(",")]
        if None in found:
            raise UsageError(f"--epsilon is {shown(text)}, wanted numbers", "pass 0,0.05,0.1")
        return tuple(value for value in found if value is not None)
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 - at start-up it costs more than it is used

    try:
        low, high, step = (Decimal(part) for part in text.split(":"))
        if not (low.is_finite() and high.is_finite() and step.is_finite() and step > 0 and low <= high):
            raise InvalidOperation
    except InvalidOperation:
        message = f"--epsilon is {shown(text)}, wanted LOW:HIGH:STEP with a step above 0"
        raise UsageError(message, "pass 0:0.3:0.05") from None
    count = int((high - low) / step) + 1
    if count > MOST_EPSILONS:
        raise UsageError(f"--epsilon {shown(text)} is a sweep of {count:,} values", "pass a larger step")
    return tuple(float(low + k * step) for k in range(count))


def parse_epoch(text: str | None) -> tuple[int | None, int] | None:
    """Return T and TOTAL of `T/TOTAL`, None and TOTAL of `all/TOTAL`; raise UsageError for neither."""
    if text is None:
        return None
    found = re.fullmatch(r"(all|\d+)/(\d+)", text)
    if found is None or int(found[2]) == 0:
        raise UsageError(f"--epoch is {shown(text)}, wanted T/TOTAL", "pass 1/10, counted from 1")
    return (None if found[1] == "all" else int(found[1])), int(found[2])
