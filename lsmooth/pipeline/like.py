"""A framework's convention among the flags: what it fills in, and what contradicts it. Loads no numpy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsmooth.errors import UsageError
from lsmooth.files import is_position
from lsmooth.labels import names_meant

if TYPE_CHECKING:
    from lsmooth.conventions.model import Convention
    from lsmooth.pipeline.amounts import RecipeFlags
    from lsmooth.pipeline.flags import LabelFlags
    from lsmooth.pipeline.loss_flags import LossFlags


def settled(labels: LabelFlags, recipe: RecipeFlags) -> tuple[LabelFlags, RecipeFlags]:
    """Return the flags with what the convention and the padding class say filled in."""
    convention, pad = recipe.like, recipe.pad
    ignore, exclude = labels.ignore, recipe.exclude
    if convention is not None and convention.ignore is not None and not ignore and pad is None:
        ignore = (convention.ignore,)
    if pad is not None:
        name = _name_of(pad, labels)
        ignore = (*ignore, *({name} - set(ignore)))
        if convention is not None and convention.reserved:
            exclude = (name,)
    if isinstance(labels.names, tuple):
        ignore = tuple(dict.fromkeys(names_meant(ignore, labels.names)))
    rule = recipe.rule
    if convention is not None:
        from lsmooth.conventions.fixed import rule_of  # noqa: PLC0415 - all conventions, with --like

        rule = rule_of(convention)
    return replace(labels, ignore=ignore), replace(recipe, rule=rule, exclude=exclude)


def _name_of(pad: str, labels: LabelFlags) -> str:
    """Return the padding class as labels write it: its name, where they have names and it is a number."""
    names = labels.names
    if isinstance(names, tuple) and pad not in names and is_position(pad) and int(pad) < len(names):
        return names[int(pad)]
    return pad


def check_like(recipe: RecipeFlags, wanted: LossFlags | None = None) -> None:
    """Raise UsageError for flags that contradict the convention, saying what it fixes."""
    convention = recipe.like
    if convention is None:
        if wanted is not None and wanted.compares:
            _check_comparison(recipe, "--compare" if wanted.compare else "--match")
        elif recipe.pad is not None:
            where = "--like" if wanted is None else "--like, --compare or --match"
            raise UsageError(f"--pad needs {where}", "pass --ignore for rows that do not count")
        return
    _check_asked(convention, recipe, wanted)


def _check_asked(convention: Convention, recipe: RecipeFlags, wanted: LossFlags | None) -> None:
    from lsmooth.conventions.fixed import Asked, check_asked  # noqa: PLC0415 - all conventions, with --like

    sources, amount = recipe.weights.sources(), recipe.epsilon
    asked = Asked(
        recipe.rule,
        sources[0].removeprefix("--") if sources else None,
        exclude=bool(recipe.exclude),
        pad=recipe.pad is not None,
    )
    epsilons = [amount.epsilon, *(amount.span or ())]
    if wanted is not None:
        epsilons += wanted.epsilons or ()
        asked = replace(
            asked,
            weights=wanted.weights is not None,
            weighting=wanted.given_weighting,
            denominator=wanted.given_denominator,
            clip=wanted.clip is not None,
            minus_entropy=wanted.minus_entropy,
        )
    check_asked(convention, asked)
    for epsilon in epsilons:
        if epsilon is not None:
            convention.check_epsilon(epsilon)


def _check_comparison(recipe: RecipeFlags, flag: str) -> None:
    given = {
        f"--spread {recipe.rule}": recipe.rule is not None,
        "--exclude": bool(recipe.exclude),
        **dict.fromkeys([*recipe.weights.sources(), *recipe.epsilon.rules()], True),
    }
    other = next((name for name, is_given in given.items() if is_given), None)
    if other is not None:
        message = f"{flag} goes through all conventions at one epsilon, and {other} is of one recipe"
        raise UsageError(message, f"drop {other}")
