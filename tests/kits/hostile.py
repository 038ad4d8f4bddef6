"""Names that would move a cursor, and what is left of them."""

from __future__ import annotations

import os

HOSTILE = {
    "a colour": "\x1b[31mred",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;mine\x07",
    "a link of the terminal": "\x1b]8;;http://x.y\x1b\\z",
    "a one-byte escape": "\x9b31mred",
    "backspaces": "abc\x08\x08\x08xyz",
    "a deletion": "a\x7fb",
    "a bell": "\x07",
    "markup": "[red]x[/red]",
    "markup that ends nothing": "x[/]y[/bold]",
    "a link of markup": "[link=http:x.y]z[/link]",
    "an override": "a\u202ebc",
    "an isolate": "a\u2066bc\u2069",
    "a mark from right to left": "a\u200fb",
    "a zero-width space": "a\u200bb",
    "a zero-width joiner": "a\u200db",
    "a tag": "a\U000e0041b",
    "a byte-order mark": "a\ufeffb",
    "a line separator": "a\u2028b",
    "a next line": "a\x85b",
    "a newline": "a\nerror: b",
    "a return": "abc\rxyz",
    "a tab": "a\tb",
    "a tag of HTML": "<script>alert(1)<!--",
    "an end of SVG": "]]></text><script>",
    "a quote of HTML": "x\" onload='y",
}

#: All of them in a few names, each short enough to be shown whole.
TOGETHER = {
    "escapes": "\x1b[31m\x1b[2J\x1b[H\x1b]0;m\x07\x9b1m\x08\x08\x7f",
    "markup": "[red]x[/red]y[/]z[/bold][link=http:x.y]",
    "bidi": "a\u202eb\u2066c\u2069d\u200fe\u200bf\u200d\ufeff\U000e0041",
    "breaks": "a\nerror: b\rc\td\u2028e\x85f",
    "HTML": "<script>x<!--]]></text>\" onload='y",
}

#: Only in names of files and in arrays: no text holds them.
SURROGATES = {"bytes that are no utf-8": os.fsdecode(b"a\xff\xfeb"), "half a letter": "a\udcc3b"}


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def raw_in(text: str) -> list[str]:
    """Return the characters of a text that move a cursor or hide something; its own line ends apart."""
    return [repr(char) for char in text if not char.isprintable() and char != "\n"]


#: A name of a file has no slash.
NAMES = {name: raw.replace("/", "!") for name, raw in HOSTILE.items()} | SURROGATES
FEW = {name: raw.replace("/", "!") for name, raw in TOGETHER.items()} | SURROGATES
