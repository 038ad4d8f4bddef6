"""lsmooth.smooth: labels in memory to soft targets in memory."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.arrays.like import conform, excluded_classes
from lsmooth.arrays.reading import as_array, count_labels, read_labels, tell_kind
from lsmooth.conventions.fixed import Asked, check_labels, rule_of
from lsmooth.conventions.model import Convention
from lsmooth.errors import LsmoothError, LsmoothWarning, UsageError, check_choice
from lsmooth.labels import LABEL_KINDS, SOFT, LabelChoice, LabelKind, check_given_names
from lsmooth.labels.classes import Ignore
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON, check_epsilon
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe


def smooth(
    labels: ArrayLike,
    epsilon: float = DEFAULT_EPSILON,
    classes: int | None = None,
    spread: Rule | None = None,
    *,
    prior: ArrayLike | Literal["labels"] | None = None,
    exclude: Sequence[int | str] = (),
    names: Sequence[str] | None = None,
    kind: LabelChoice = "auto",
    ignore: Sequence[int | str] = (),
    ignored: Literal["zero", "nan", "drop"] = "zero",
    dtype: Any = np.float64,
    like: str | Convention | None = None,
    pad: int | str | None = None,
) -> NDArray[Any]:
    """Return soft targets for labels: `label·(1-ε) + ε·spread`.

    >>> smooth([0, 2], 0.1, classes=3)
    array([[0.93333333, 0.03333333, 0.03333333],
           [0.03333333, 0.03333333, 0.93333333]])
    >>> smooth(["cat", "dog"], 0.1, spread="others")
    array([[0.9, 0.1],
           [0.1, 0.9]])
    >>> smooth([[1, 0, 1]], 0.1, kind="multilabel")
    array([[0.95, 0.05, 0.95]])

    Args:
        labels: class indices (any shape, whole numbers), names (1-D strings), or rows of K probabilities
            (N-D, the last axis K).
        epsilon: ε in [0, 1], the share of the mass that is spread; 0 gives the labels back exactly.
        classes: K; None takes the largest index + 1, or the names found, sorted.
        spread: `all` (uniform over all K: the true class ends at 1-ε+ε/K), `others` (the true class at 1-ε,
            ε/(K-1) each), `half` (each label on its own: y(1-ε)+ε/2), `flip` (y(1-2ε)+ε).
            None is `half` for multilabel rows, else `all`.
        prior: (K,) weights ≥ 0 to spread by in place of uniform, or `"labels"` to count them.
        exclude: classes, by index or name, that get no mass; no row may be labelled with one.
        names: the class names in order.
        kind: what the labels are, where `auto` cannot tell: `multilabel` for rows of independent labels,
            `index` for whole numbers of two and more axes.
        ignore: labels of rows without a label: an index, a name, `"zero"` or `"nan"` for all-zero or
            all-NaN rows.
        ignored: what such rows become: all 0, all NaN, or nothing.
        dtype: of the result; computed in float64 and cast once.
        like: a framework's convention, by name (see `list_conventions`): it sets spread, kind and ignored
            label; never ε.
        pad: with `like`, the class of padding: such rows are ignored, and where the convention reserves that
            class, it gets no mass.

    Returns:
        Targets in [0, 1], of shape (N, K), or the shape of the indices + (K,). Rows sum to 1, but for
        ignored rows, multilabel rows, `half` and `flip`.

    Raises:
        LsmoothError: for labels outside the classes, rows that are no probabilities, ε outside [0, 1].

    Warns:
        LsmoothWarning: when ε is so large that the true class is not always the largest.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.
    """
    check_choice("kind", kind, ("auto", *LABEL_KINDS))
    check_choice("ignored", ignored, ("zero", "nan", "drop"))
    if names is not None:
        check_given_names(names, "names")
    if classes is not None and classes < 1:
        raise UsageError(f"classes is {classes}, wanted at least 1")
    if np.dtype(dtype).kind != "f":
        raise UsageError(f"dtype is `{np.dtype(dtype)}`, wanted float16, float32 or float64")
    epsilon = check_epsilon(epsilon)
    source = None if prior is None else "prior"
    asked = Asked(spread, source, bool(exclude), pad is not None, dashes="")
    convention, hidden = conform(like, pad, ignore, asked)
    ignoring = Ignore(tuple(map(str, hidden)))
    values = as_array(labels)
    read_as = tell_kind(values, kind, ignoring)
    if pad is not None and classes is None and names is None and read_as not in SOFT:
        raise LsmoothError("rows of padding do not count, so K cannot be found with pad", "pass classes")
    known, block = read_labels(values, read_as, classes, names, ignoring)
    excluded = excluded_classes(exclude, convention, pad, known)
    block.refuse(excluded, known)
    rule = _rule(read_as, spread, convention, prior=prior is not None)
    if convention is not None:
        convention.check_epsilon(epsilon)
    if isinstance(prior, str):
        check_choice("prior", prior, ["labels"])
        prior = count_labels(block, known)
    relative = convention is not None and convention.spread == "relative"
    recipe = Recipe(epsilon, build_spread(rule, known.count, prior, excluded), relative)
    for message in recipe.warnings():
        warnings.warn(message, LsmoothWarning, stacklevel=2)
    if ignored == "drop":
        return recipe.smooth(block.without_ignored()).astype(dtype, copy=False)
    targets = recipe.smooth(block, 0.0 if ignored == "zero" else np.nan).astype(dtype, copy=False)
    column = values.ndim == 2 and values.shape[1] == 1
    rows = read_as in SOFT and values.ndim > 1
    outer = values.shape[:-1] if column or rows else values.shape
    return targets.reshape(*outer, known.count)


def _rule(kind: LabelKind, spread: Rule | None, convention: Convention | None, *, prior: bool) -> Rule:
    """Return the rule by which labels of a kind are smoothed."""
    if convention is not None:
        check_labels(convention, kind)
        return rule_of(convention)
    if kind == "multilabel" and spread is None and prior:
        message = "a prior spreads one unit of mass, and multilabel rows have none"
        raise LsmoothError(message, "pass spread='all' if that is meant")
    if spread == "others" and kind == "multilabel":
        raise LsmoothError("spread `others` does not go with multilabel rows", "use half, flip or all")
    return spread or ("half" if kind == "multilabel" else "all")
