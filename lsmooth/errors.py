"""The errors that lsmooth raises: what was found, what was wanted, and what would work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class LsmoothError(ValueError):
    """Something in the input, the files or the machine that stops the work.

    Attributes:
        message: what was found and what was wanted, lower case, without a full stop.
        hint: a flag or a command that would work, or None.
        where: `file:line` or `file: row n`, or None.
        row: the row within the block at hand, until `at` turns it into `where`.
    """

    exit_code = 1

    def __init__(
        self, message: str, hint: str | None = None, *, where: str | None = None, row: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.row = row

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def at(self, where: str) -> Self:
        """Say where it happened, unless a closer place is known already."""
        self.where = self.where or where
        return self


class ClosedPipe(Exception):  # noqa: N818 - not an error: who reads has had enough
    """The reader of standard output has gone."""


class UsageError(LsmoothError):
    """The command line alone is wrong; no file has been opened."""

    exit_code = 2


class LsmoothWarning(UserWarning):
    """Something legal that is seldom meant, as an ε at which the true class is no longer the largest."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?` when a known word is close to this one, else an empty string.

    >>> did_you_mean("speces", ["species", "width"])
    '; did you mean `species`?'
    """
    import difflib  # noqa: PLC0415 - only for those who mistyped

    known = list(known)
    folded = {name.casefold().strip(): name for name in known}
    close = difflib.get_close_matches(word.casefold().strip(), folded, n=1)
    return f"; did you mean `{folded[close[0]]}`?" if close else ""


def shown(value: object, limit: int = 60) -> str:
    r"""Return a value from the data as an error shows it: in backquotes, on one line, cut to `limit`.

    >>> shown("a\x1b[31mb")
    '`a\\x1b[31mb`'
    """
    text = "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(value)[: limit + 1])
    return f"`{text[:limit]}…`" if len(text) > limit else f"`{text}`"


def listed(names: Iterable[object], limit: int = 8) -> str:
    """Return names in backquotes with commas between, the tail counted instead of shown.

    >>> listed(["a", "b", "c"], limit=2)
    '`a`, `b`, … 1 more'
    """
    names = list(names)
    tail = [f"… {len(names) - limit:,} more"] if len(names) > limit else []
    return ", ".join([shown(name) for name in names[:limit]] + tail)


def check_choice(flag: str, value: str, choices: Iterable[str]) -> None:
    """Raise UsageError unless a value is one of the choices."""
    choices = list(choices)
    if value not in choices:
        raise UsageError(f"{flag} is {shown(value)}", f"pass one of {', '.join(choices)}")
