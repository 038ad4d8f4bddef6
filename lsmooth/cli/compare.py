"""loss --compare and --match: tables on a terminal, CSV in a pipe, JSON where it is asked for."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from lsmooth.cli.console import Console
from lsmooth.files import DELIMITERS
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.loss_flags import LossFlags, PredictionFlags
from lsmooth.pipeline.scheduler import Workers

if TYPE_CHECKING:
    from lsmooth.compare.comparison import Compared
    from lsmooth.compare.matching import Match
    from lsmooth.pipeline.setting import Setting

COMPARED = ("loss", "reduction", "true_class", "other_classes", "torch_epsilon", "conventions", "reason")
MATCHED = ("epsilon", "reduction", "denominator", "loss", "log_softmax", "conventions")


def compare_loss(
    console: Console,
    predictions: PredictionFlags,
    labels: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    writing: WriteFlags,
    workers: Workers,
    *,
    apart: bool,
) -> None:
    """Show the loss under every convention, or which of them give a number."""
    from lsmooth.compare.comparison import compare  # noqa: PLC0415 - numpy, once the usage is right
    from lsmooth.compare.evidence import gather_files  # noqa: PLC0415
    from lsmooth.compare.matching import find_matches, parse_loss  # noqa: PLC0415

    sought = None if wanted.match is None else parse_loss(wanted.match)
    with console.progress() as progress:
        evidence, setting = gather_files(predictions, labels, recipe, wanted, progress, workers, apart=apart)
    assert setting.epsilons is not None
    epsilon = setting.epsilons[0]
    drawn = console.out_is_terminal and writing.given_format is None and not wanted.json
    rows: Sequence[Compared | Match]
    if sought is None:
        at: float | None = epsilon
        rows = compared = compare(evidence, epsilon)
        if drawn:
            from lsmooth.cli.compare_tables import render_compared  # noqa: PLC0415 - Rich, where it is shown

            console.draw(render_compared(compared, setting.loss, epsilon))
    else:
        at = recipe.epsilon.epsilon
        rows = matches = find_matches(evidence, sought, at)
        if drawn:
            from lsmooth.cli.compare_tables import render_matches  # noqa: PLC0415

            console.draw(render_matches(matches, wanted.match or ""))
    if wanted.json:
        console.data(_json(rows, setting, at))
    elif not drawn:
        console.data(_lines(rows, COMPARED if sought is None else MATCHED, DELIMITERS[writing.format]))
    loss, chosen = setting.loss, "any epsilon" if at is None else f"epsilon {at:g}"
    parts = [
        f"{len(evidence.candidates)} conventions",
        f"{evidence.rows[0]:,} rows",
        f"{setting.classes.count:,} classes",
        chosen,
        f"{loss.kind} of {loss.predictions}",
    ]
    if evidence.rows[1]:
        parts.append(f"{evidence.rows[1]:,} ignored")
    console.summary("compared" if sought is None else "matched", "; ".join([*parts, *setting.notes()]))


def _json(rows: Sequence[Compared | Match], setting: Setting, epsilon: float | None) -> str:
    plain = [{key: _finite(value) for key, value in asdict(row).items()} for row in rows]
    infinite = sum(isinstance(row.loss, float) and math.isinf(row.loss) for row in rows)
    entry = {
        "epsilon": epsilon,
        "kind": setting.loss.kind,
        "classes": setting.classes.count,
        "conventions": plain,
        "infinite": infinite,
    }
    return json.dumps(entry, allow_nan=False) + "\n"


def _finite(value: object) -> object:
    return None if isinstance(value, float) and math.isinf(value) else value


def _lines(rows: Sequence[Compared | Match], columns: Sequence[str], mark: str) -> str:
    """Return rows as delimited text: empty where there is nothing, names with spaces between."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(getattr(row, column)) for column in columns] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)
