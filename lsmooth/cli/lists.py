"""Lists and maps in one flag: `a,b,"c,d"`, `a=.2,*=.1`."""

from __future__ import annotations

from collections.abc import Sequence

from lsmooth.errors import UsageError, shown


def all_cells(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the parts of lists, of a flag that may be given again."""
    return tuple(cell for text in texts or () for cell in cells(text))


def cells(text: str | None) -> tuple[str, ...]:
    """Return the parts of a list `a,b,"c,d"` given as one flag; raise UsageError for a line break in it."""
    import csv  # noqa: PLC0415 - at start-up it costs more than it is used

    try:
        return tuple(next(csv.reader([text]))) if text else ()
    except csv.Error:
        hint = 'put quotes (") round a name that holds a line break'
        raise UsageError(f"found {shown(text)}, wanted a list a,b,c on one line", hint) from None


def parse_names(text: str | None) -> tuple[str, ...] | str | None:
    """Return a list of names, or the path of a file of them."""
    return cells(text) if text is not None and "," in text else text


def parse_map(text: str | None, flag: str) -> dict[str, float] | list[float] | str | None:
    """Return a map `a=.2,*=.1` or a list `p,q,r`; what is neither stays text and is a file or a word.

    Raises:
        UsageError: for a value that is not a number of at least 0, or a class that stands twice.
    """
    if text is None or ("=" not in text and "," not in text):
        return text
    parts = cells(text)
    if "=" not in text:
        return [_value(part, flag) for part in parts]
    pairs: dict[str, float] = {}
    for part in parts:
        name, equals, value = part.rpartition("=")
        if not equals:
            raise UsageError(f"{flag} holds {shown(part)}, wanted class=value", f"{flag} 'a=.2,*=.1'")
        if name in pairs:
            raise UsageError(f"{flag} holds {shown(name)} twice", "give each class one value")
        pairs[name] = _value(value, flag)
    return pairs


def _value(text: str, flag: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise UsageError(f"{flag} holds {shown(text)}, wanted a number of at least 0", f"{flag} 'a=.2,*=.1'")
    return value
