"""lsmooth explain: the documents' worked examples, in the terminal."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from lsmooth.cli import options
from lsmooth.cli.console import PICTURE_WIDTH, Console
from lsmooth.errors import UsageError, did_you_mean, listed, shown
from lsmooth.files import STANDARD, format_of, is_known, split_suffix
from lsmooth.lessons import CATALOGUE, Lesson, find
from lsmooth.lessons.model import Numbers, Worked
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import check_epsilon

if TYPE_CHECKING:
    from rich.console import RenderableType

_number = partial(typer.Option, rich_help_panel="Your numbers", show_default=False)
_form = partial(typer.Option, rich_help_panel="Form", show_default=False)


def _topics(incomplete: str) -> list[str]:
    return [lesson.topic for lesson in CATALOGUE if lesson.topic.startswith(incomplete)]


def explain(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC | FILE]",
            help="A topic, or a file of targets: .csv .tsv .npy, each also .gz .bz2 .xz .zst;"
            " .parquet .arrow; - is stdin. None lists the topics.",
            show_default=False,
            autocompletion=_topics,
        ),
    ] = None,
    epsilon: Annotated[float | None, _number("-e", "--epsilon", metavar="X", help="ε in \\[0, 1].")] = None,
    classes: Annotated[int | None, _number("-k", "--classes", metavar="K", help="How many classes.")] = None,
    label: Annotated[int | None, _number(metavar="I", help="The true class, from 0.")] = None,
    spread: Annotated[Rule | None, _number(metavar="S", help="all, others, half or flip.")] = None,
    probs: Annotated[str | None, _number(metavar="P,P,...", help="Predicted probabilities.")] = None,
    logits: Annotated[str | None, _number(metavar="Z,Z,...", help="Logits.")] = None,
    noise: Annotated[float | None, _number(metavar="X", help="Share of wrong labels, of effect.")] = None,
    seed: Annotated[int | None, _number(metavar="N", help="Of effect.")] = None,
    label_columns: Annotated[
        str | None,
        typer.Option(
            metavar="A:B|A,B",
            help="The columns of the targets. [dim](default: those that hold shares)[/]",
            rich_help_panel="Reading targets",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, _form("--all", help="All topics, one after the other.")] = False,
    svg: Annotated[str | None, _form(metavar="FILE", help="Write the screen as SVG.")] = None,
    html: Annotated[str | None, _form(metavar="FILE", help="Write the screen as HTML.")] = None,
    as_markdown: Annotated[bool, _form("--markdown", help="Print Markdown.")] = False,
    as_json: Annotated[bool, _form("--json", help="Print JSON, numbers in full precision.")] = False,
    force: options.Force = False,
    color: options.Color = "auto",
) -> None:
    """Explain label smoothing with worked numbers, each computed as you look.

    [bold]Examples[/bold]
      [dim]# the topics[/]
      [cyan]lsmooth explain[/]
      [dim]# a worked example, then with your numbers[/]
      [cyan]lsmooth explain three-classes[/]
      [cyan]lsmooth explain three-classes -e 0.2 -k 4 --label 2 --spread all[/]
      [dim]# a picture for a slide[/]
      [cyan]lsmooth explain loss --svg loss.svg[/]
      [dim]# what a file of targets is: its ε, who writes such targets, what is wrong with it[/]
      [cyan]lsmooth explain targets.npy[/]
      [dim]# what each framework makes of ε[/]
      [cyan]lsmooth explain conventions -e 0.1 -k 10[/]
    """
    console = Console(color)
    numbers = Numbers(
        epsilon, classes, label, spread, _floats(probs, "--probs"), _floats(logits, "--logits"), noise, seed
    )
    if epsilon is not None:
        check_epsilon(epsilon)
    _check_forms(topic, svg, html, as_json=as_json, as_markdown=as_markdown, every=every)
    file = topic if topic is not None and not every and is_file(topic) else None
    if topic is not None and file is not None:
        _check_file(topic, numbers)
        worked = [_detected(topic, label_columns, console)]
    else:
        if label_columns is not None:
            raise UsageError(
                "--label-columns is for a file of targets, and none is named",
                "lsmooth explain targets.csv --label-columns 2:11",
            )
        worked = [(lesson, lesson.work(numbers)) for lesson in _chosen(topic, numbers, every=every)]

    from lsmooth.cli.lessons import render_lesson, render_list  # noqa: PLC0415 - Rich, once used
    from lsmooth.cli.markdown import lesson_markdown  # noqa: PLC0415

    if not worked:
        _show(console, render_list, "lsmooth explain", svg, html, force=force)
        return
    if as_json:
        found = [_plain(lesson, done) for lesson, done in worked]
        console.data(json.dumps(found if every else found[0], allow_nan=False) + "\n")
    elif as_markdown:
        console.data("\n".join(lesson_markdown(lesson, done) for lesson, done in worked))
    else:
        for lesson, done in worked:
            draw = partial(render_lesson, lesson, done, given=numbers.given())
            _show(console, draw, f"lsmooth explain {lesson.topic}", svg, html, force=force, file=file)


def _check_forms(
    topic: str | None, svg: str | None, html: str | None, *, as_json: bool, as_markdown: bool, every: bool
) -> None:
    """Raise UsageError for forms of which one would be left out."""
    if svg is not None and html is not None and os.path.realpath(svg) == os.path.realpath(html):
        raise UsageError("--svg and --html are the same file", "name two files")
    asked = {
        "--json": as_json,
        "--markdown": as_markdown,
        "--svg": svg is not None,
        "--html": html is not None,
    }
    forms = [flag for flag, given in asked.items() if given]
    if not as_json and not as_markdown:
        return
    if len(forms) > 1:
        raise UsageError(f"{forms[0]} does not go with {forms[1]}", "run it once for each")
    if topic is None and not every:
        raise UsageError(f"{forms[0]} is of a topic, and none is named", f"lsmooth explain --all {forms[0]}")


def is_file(topic: str) -> bool:
    """Whether an argument is a file: it has a known suffix or a slash, or is standard input.

    >>> is_file("labels.csv.gz"), is_file("./targets"), is_file("three-classes")
    (True, True, False)
    """
    return topic == STANDARD or "/" in topic or is_known(split_suffix(topic)[0])


def _check_file(path: str, numbers: Numbers) -> None:
    """Raise UsageError for what is wrong before a file is opened."""
    if numbers.given():
        raise UsageError(
            f"--{numbers.given()[0]} changes nothing in a file: what it is, its values tell", "drop it"
        )
    if path == STANDARD:
        if sys.stdin is not None and sys.stdin.isatty():
            message = "standard input is a terminal"
            raise UsageError(message, "lsmooth smooth labels.csv | lsmooth explain -")
        return
    try:
        format_of(path, "--from")
    except UsageError as error:
        raise UsageError(error.message, "rename it, or: lsmooth explain - < FILE") from None


def _detected(path: str, label_columns: str | None, console: Console) -> tuple[Lesson, Worked]:
    """Return what a file of targets is, as a lesson."""
    from lsmooth.compare.detection import detect_file  # noqa: PLC0415 - numpy, once the usage is right
    from lsmooth.lessons.detected import detected_lesson, detected_title  # noqa: PLC0415

    with console.progress() as progress:
        found = detect_file(path, label_columns=label_columns, progress=progress)
    name = "stdin" if path == STANDARD else path
    sources = ("the values alone",)
    lesson = Lesson("targets", "", detected_title(found), "", sources, (), "detected.detected_lesson")
    return lesson, detected_lesson(found, name)


def _chosen(topic: str | None, numbers: Numbers, *, every: bool) -> list[Lesson]:
    if every:
        if topic is not None or numbers.given():
            raise UsageError(
                "--all shows every topic with the documents' numbers", "drop the topic and the numbers"
            )
        return list(CATALOGUE)
    if topic is None:
        if numbers.given():
            raise UsageError(
                "numbers are for a topic, and none is named", "lsmooth explain three-classes -e 0.2"
            )
        return []
    lesson = find(topic)
    if lesson is None:
        topics = [known.topic for known in CATALOGUE]
        raise UsageError(
            f"there is no topic {shown(topic)}{did_you_mean(topic, topics)}",
            f"topics are {listed(topics, 40)}; a file ends in .csv, .tsv, .npy, .parquet, .arrow, or has a /",
        )
    strange = [name for name in numbers.given() if name not in lesson.takes]
    if strange:
        takes = ", ".join(f"--{name}" for name in lesson.takes) or "no numbers"
        raise UsageError(f"--{strange[0]} changes nothing in {topic}", f"it takes {takes}")
    return [lesson]


def _floats(text: str | None, flag: str) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{flag} is {shown(text)}, wanted numbers", f"pass {flag} 0.7,0.2,0.1") from None
    if not all(abs(value) < float("inf") for value in values):
        raise UsageError(f"{flag} is {shown(text)}, wanted finite numbers", f"pass {flag} 0.7,0.2,0.1")
    return values


def _show(
    console: Console,
    draw: Callable[..., RenderableType],
    title: str,
    svg: str | None,
    html: str | None,
    *,
    force: bool,
    file: str | None = None,
) -> None:
    """Draw on the terminal, or into files."""
    if svg is None and html is None:
        console.draw(draw(width=console.width))
    if svg is not None:
        console.export(draw(width=PICTURE_WIDTH), title, svg, "svg", force=force, shown=file)
    if html is not None:
        console.export(draw(width=PICTURE_WIDTH), title, html, "html", force=force, shown=file)


def _plain(lesson: Lesson, worked: Worked) -> dict[str, object]:
    parts = [{"part": type(part).__name__.lower(), **asdict(part)} for part in worked.parts]
    infinite: list[float] = []
    entry = {
        "topic": lesson.topic,
        "title": lesson.title,
        "sources": lesson.sources,
        "inputs": dict(worked.inputs),
        "parts": _finite(parts, infinite),
        "notice": worked.notice,
        "commands": worked.commands,
        **{name: _finite(value, infinite) for name, value in worked.data.items()},
    }
    return entry | {"infinite": len(infinite)}


def _finite(value: object, infinite: list[float]) -> object:
    """Return a value with None for what JSON has no number for; those are collected."""
    if isinstance(value, dict):
        return {key: _finite(inner, infinite) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner, infinite) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        infinite.append(value)
        return None
    return value
