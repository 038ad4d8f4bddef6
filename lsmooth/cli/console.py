"""The terminal: colour, messages, progress. Data never pass through here."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import shutil
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import typer

from lsmooth.errors import LsmoothError
from lsmooth.files import STANDARD

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

ColorWhen = Literal["auto", "always", "never"]
Form = Literal["svg", "html"]
#: Work that is done sooner shows no progress.
PATIENCE = 1.0
PIPE_WIDTH = 120
PICTURE_WIDTH = 88
#: What is left of a word that is too long.
_WORD = 60
_LONG_WORD = re.compile(r"[^\s/,`'\"]{256,}")
_PLAIN_LETTERS = str.maketrans(
    {
        "ε": "eps",
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "τ": "tau",
        "π": "pi",
        "Σ": "sum",
        "∞": "inf",
        "·": ".",
        "…": "...",
        "→": "->",
        "←": "<-",
        "↓": "v",
        "◀": "<",
        "│": "|",
        "█": "#",
        "‖": "||",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "−": "-",
        "×": "x",
        "ₖ": "_k",
        "ₗ": "_l",
        "ᵢ": "_i",
        "½": "1/2",
        "╭": "+",
        "╮": "+",
        "╰": "+",
        "╯": "+",
        "─": "-",
        "├": "|",
        "└": "`",
        "²": "^2",
        "≠": "!=",
    }
)


def printable(text: str) -> str:
    r"""Return text that moves no cursor and hides nothing: control characters and bidi marks as escapes.

    Words that are too long are cut.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return cut_words("".join(char if char.isprintable() else repr(char)[1:-1] for char in text))


def cut_words(text: str) -> str:
    """Return text with words cut that are longer than the name of any file, so that no name fills the screen.

    >>> cut_words(f"no class {'x' * 300}")[-12:]
    'xxxxxxxxxxx…'
    """
    return _LONG_WORD.sub(lambda word: word[0][:_WORD] + "…", text)


def _plain() -> bool:
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def color_asked_for(arguments: list[str]) -> ColorWhen:
    """Return the --color of a command line that may be wrong elsewhere."""
    given = [after for flag, after in itertools.pairwise(arguments) if flag == "--color"]
    given += [argument.partition("=")[2] for argument in arguments if argument.startswith("--color=")]
    if "always" in given:
        return "always"
    return "never" if "never" in given else "auto"


def color_help(arguments: list[str]) -> None:
    """Make help follow --color, which Typer does not know."""
    when = color_asked_for(arguments)
    if when == "auto" or not {"-h", "--help"} & set(arguments):
        return
    os.environ.pop("NO_COLOR", None)
    os.environ["FORCE_COLOR" if when == "always" else "NO_COLOR"] = "1"


def _drawing(width: int, **options: Any) -> RichConsole:
    from rich.console import Console as RichConsole  # noqa: PLC0415 - only where something is drawn

    system: Literal["truecolor"] | None = None if options.get("no_color") else "truecolor"
    return RichConsole(file=io.StringIO(), width=width, color_system=system, highlight=False, **options)


def _encodable(text: str) -> str:
    """Return text that standard output can show, in plain letters where its encoding has few."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN_LETTERS).encode("ascii", "replace").decode()
    return text


class Console:
    """Messages on stderr, coloured where that is wanted.

    Args:
        color: `auto` colours on a terminal, unless NO_COLOR is set or TERM is dumb.
        quiet: hide progress and summary, never warnings or errors.
    """

    def __init__(self, color: ColorWhen = "auto", *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._color = color

    @property
    def on_terminal(self) -> bool:
        """Whether messages are read by a person on a terminal."""
        return sys.stderr is not None and sys.stderr.isatty()

    @property
    def colored(self) -> bool:
        """Whether messages are coloured."""
        if self._color != "auto":
            return self._color == "always"
        return self.on_terminal and not _plain()

    def _line(self, label: str, color: str, text: str) -> str:
        shown = typer.style(f"{label}:", fg=color, bold=True) if self.colored else f"{label}:"
        return f"{shown} {printable(text)}\n"

    @staticmethod
    def _write(text: str) -> None:
        """Write to stderr; that nobody reads it changes nothing."""
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr is not None:
                sys.stderr.write(text)
                sys.stderr.flush()

    def error(self, error: LsmoothError) -> None:
        """Say what went wrong, and after a blank line what would work."""
        text = self._line("error", "red", str(error))
        if error.hint:
            text += "\n" + self._line("hint", "cyan", error.hint)
        self._write(text)

    def line(self, text: str) -> None:
        """Write a line to stderr as it is, quiet or not."""
        self._write(text + "\n")

    def warning(self, text: str) -> None:
        """Say what is legal but seldom meant."""
        self._write(self._line("warning", "yellow", text))

    def summary(self, label: str, text: str) -> None:
        """Say in one line what was done."""
        if not self.quiet:
            self._write(self._line(label, "green", text))

    @property
    def out_is_terminal(self) -> bool:
        """Whether standard output is read by a person on a terminal."""
        return sys.stdout is not None and sys.stdout.isatty()

    @property
    def height(self) -> int | None:
        """Lines of the terminal that standard output goes to, None where it is none."""
        return shutil.get_terminal_size().lines if self.out_is_terminal else None

    def data(self, text: str) -> None:
        """Write text to standard output as it is."""
        from lsmooth.files.sink import Sink  # noqa: PLC0415 - where there is data

        with Sink(STANDARD) as sink:
            sink.write(text.encode())

    @property
    def width(self) -> int:
        """Columns to draw in: those of the terminal, or enough for everything in a pipe."""
        return shutil.get_terminal_size().columns if self.out_is_terminal else PIPE_WIDTH

    def draw(self, picture: RenderableType) -> None:
        """Draw on standard output, in its natural width where that is no terminal."""
        colored = self._color == "always" or (self._color == "auto" and self.out_is_terminal and not _plain())
        drawing = _drawing(self.width, force_terminal=colored, no_color=not colored)
        drawing.print(picture)
        lines = cast("io.StringIO", drawing.file).getvalue().split("\n")
        self.data(_encodable("\n".join(line.rstrip() for line in lines)))

    def export(
        self, picture: RenderableType, title: str, path: str, form: Form, *, force: bool, shown: str | None
    ) -> None:
        """Write a picture to a file, not over the one that is `shown`; the same one gives the same bytes."""
        drawing = _drawing(PICTURE_WIDTH, record=True)
        drawing.print(picture)
        if form == "svg":
            text = drawing.export_svg(title=title, unique_id=title.replace(" ", "-"))
        else:
            text = drawing.export_html(inline_styles=True)
        from lsmooth.files.sink import Sink, identity  # noqa: PLC0415

        taken = identity(shown)
        with Sink(path, force=force, inputs=() if taken is None else (taken,)) as sink:
            sink.write(text.encode())
            sink.commit()

    def progress(self) -> Progress:
        """Return a progress bar, shown only to a person who has been waiting."""
        return Progress(self)


class Progress:
    """A bar with rows, bytes a second and the time left; appears after PATIENCE seconds."""

    def __init__(self, console: Console) -> None:
        self._shows = console.on_terminal and not console.quiet and os.environ.get("TERM") != "dumb"
        self._color = console.colored
        self._start = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._step = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, step: str, rows: int, taken: int, total: int | None) -> None:
        """Show how far a step is: rows done, bytes read, all bytes where known."""
        if not self._shows or time.monotonic() - self._start < PATIENCE:
            return
        if self._bar is None:
            self._bar = self._open()
        if step != self._step:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(step, total=total, rows=f"{rows:,}")
            self._step = step
        assert self._task is not None
        self._bar.update(self._task, completed=taken, rows=f"{rows:,}")

    def _open(self) -> Bar:
        from rich.console import Console as RichConsole  # noqa: PLC0415 - only for those who wait
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=RichConsole(stderr=True, no_color=not self._color),
            transient=True,
        )
        bar.start()
        return bar
