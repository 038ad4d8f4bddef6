"""lsmooth.smooth: labels in memory to soft targets in memory."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError, LsmoothWarning, UsageError, check_choice
from lsmooth.labels import LABEL_KINDS, LabelChoice, LabelKind, check_given_names
from lsmooth.labels.block import Labels, add_rows
from lsmooth.labels.classes import IGNORED, Classes, Ignore
from lsmooth.labels.hard import check_names, read_indices, read_names
from lsmooth.labels.kinds import kind_of_array
from lsmooth.labels.soft import check_rows
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON, check_epsilon
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe

SAMPLE_ROWS = 1000


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
    ignoring = Ignore(tuple(map(str, ignore)))
    epsilon = check_epsilon(epsilon)
    values = _array(labels)
    flat = values.reshape(-1, values.shape[-1]) if values.ndim > 2 else values
    read_as = kind if kind != "auto" else kind_of_array(flat[:SAMPLE_ROWS], values.shape, ignoring)
    known, block = _read(values, read_as, classes, names, ignoring)
    excluded = [known.find(str(label)) for label in exclude]
    block.refuse(excluded, known)
    if read_as == "multilabel" and spread is None and prior is not None:
        message = "a prior spreads one unit of mass, and multilabel rows have none"
        raise LsmoothError(message, "pass spread='all' if that is meant")
    rule: Rule = spread or ("half" if read_as == "multilabel" else "all")
    if rule == "others" and read_as == "multilabel":
        raise LsmoothError("spread `others` does not go with multilabel rows", "use half, flip or all")
    if isinstance(prior, str):
        check_choice("prior", prior, ["labels"])
        prior = _count(block, known)
    recipe = Recipe(epsilon, build_spread(rule, known.count, prior, excluded))
    for message in recipe.warnings():
        warnings.warn(message, LsmoothWarning, stacklevel=2)
    if ignored == "drop":
        return recipe.smooth(block.without_ignored()).astype(dtype, copy=False)
    targets = recipe.smooth(block, 0.0 if ignored == "zero" else np.nan).astype(dtype, copy=False)
    column = values.ndim == 2 and values.shape[1] == 1
    rows = read_as in ("rows", "multilabel") and values.ndim > 1
    outer = values.shape[:-1] if column or rows else values.shape
    return targets.reshape(*outer, known.count)


def _array(labels: ArrayLike) -> NDArray[Any]:
    try:
        values = np.asarray(labels)
    except ValueError:
        raise LsmoothError("the labels are rows of different lengths", "give each row K values") from None
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind not in "biufUS":
        raise LsmoothError(f"labels are of dtype `{values.dtype}`, wanted numbers or strings")
    if values.ndim == 0 or values.size == 0:
        raise LsmoothError(f"labels have shape {values.shape}, wanted at least one row")
    return values


def _read(
    values: NDArray[Any], kind: LabelKind, count: int | None, names: Sequence[str] | None, ignore: Ignore
) -> tuple[Classes, Labels]:
    if kind in ("rows", "multilabel"):
        rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[:, None]
        return _classes(rows.shape[1], count, names), Labels.soft(rows, *check_rows(rows, kind, ignore))
    if kind == "name":
        cells = [str(name) for name in values.reshape(-1).tolist()]
        check_names(cells, ignore)
        found = tuple(names) if names is not None else tuple(sorted(set(cells) - ignore.cells))
        known = _classes(len(found), count, found)
        return known, Labels.hard(read_names(cells, known, ignore))
    given = len(names) if names is not None else count
    if given is None:
        indices = read_indices(values.reshape(-1), None, ignore)
        shown = indices[indices != IGNORED]
        if not shown.size:
            raise LsmoothError("every label is ignored, so the classes cannot be told", "pass classes=K")
        return Classes(int(shown.max()) + 1), Labels.hard(indices)
    known = _classes(given, count, names)
    return known, Labels.hard(read_indices(values.reshape(-1), known, ignore))


def _classes(found: int, count: int | None, names: Sequence[str] | None) -> Classes:
    for given in (count, None if names is None else len(names)):
        if given not in (None, found):
            raise LsmoothError(f"found {found} classes, wanted {given}")
    return Classes(found, None if names is None else tuple(names))


def _count(labels: Labels, classes: Classes) -> NDArray[np.float64]:
    shown = labels.without_ignored()
    if shown.indices is not None:
        return np.bincount(shown.indices, minlength=classes.count).astype(np.float64)
    return add_rows(np.zeros(classes.count), shown)
