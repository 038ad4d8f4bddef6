"""Text: encodings, quotes, shapes."""

from __future__ import annotations

from collections.abc import Iterator

from kits.torture.cases import (
    LATE,
    Case,
    bad,
    good,
    of_rows,
    soft,
    unnamed,
)


def encodings() -> Iterator[Case]:
    """Byte-order marks, other encodings, NUL."""
    yield good("utf-8 with a mark", b"\xef\xbb\xbf0\n1\n", soft(2, 0, 1))
    yield good("a mark before a quote", b'\xef\xbb\xbf"label"\n0\n1\n', unnamed(2) + soft(2, 0, 1))
    yield good(
        "a mark before a header that is looked for",
        b"\xef\xbb\xbfkind,id\ncat,1\ndog,2\n",
        "cat,dog\n" + soft(2, 0, 1),
        "--column",
        "kind",
    )
    yield bad("a mark alone", b"\xef\xbb\xbf", "f.csv & is empty")
    yield bad(
        "two marks",
        b"\xef\xbb\xbf\xef\xbb\xbf0\n1\n",
        "f.csv:1 & \\ufeff",
    )
    yield bad("a mark in mid-file", "0\n\ufeff1\n1\n", "f.csv:2 & \\ufeff1")
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"):
        yield bad(codec, "0\n1\n".encode(codec), "f.csv:1 & UTF-16")
    yield bad("utf-32-be with a mark", b"\x00\x00\xfe\xff" + "0\n".encode("utf-32-be"), "f.csv:1")
    yield bad("utf-16 of names", "λ\nμ\n".encode("utf-16-le"), "f.csv:2 & NUL", "--no-header")
    yield bad("a mark of utf-16 alone", b"\xff\xfe", "f.csv:1 & UTF-16")
    yield bad("latin-1", "label\ncat\ncafé\n".encode("latin-1"), "f.csv:3 & 0xE9")
    yield bad("cp1252", b"label\ncat\n\x93dog\x94\n", "f.csv:3 & 0x93")
    yield bad("latin-1, late", b"0\n" * LATE + b"\xe9\n", f"f.csv:{LATE + 1} & 0xE9")
    yield bad("latin-1 in the header", b"caf\xe9\n0\n1\n", "f.csv:1 & 0xE9")
    yield bad("latin-1 inside quotes", b'id,label\n"a\n\xe9",0\n', "f.csv:3 & 0xE9")
    yield bad("utf-8 cut in a letter", "label\ncat\nλ".encode()[:-1], "f.csv:3 & 0xCE")
    yield bad("an overlong NUL", b"0\n\xc0\x80\n", "f.csv:2 & 0xC0")
    yield bad("a surrogate in utf-8", b"label\ncat\n\xed\xa0\x80\n", "f.csv:3 & 0xED")
    yield bad("beyond Unicode", b"label\ncat\n\xf5\x80\x80\x80\n", "f.csv:3 & 0xF5")
    yield bad("NUL alone", b"\0", "f.csv:1 & NUL")
    yield bad("NUL in 3 bytes", b"a\0\n", "f.csv:1 & NUL", "--no-header")
    yield bad("NUL at the start", b"\x000\n1\n", "f.csv:1 & NUL")
    yield bad("NUL in a label", b"0\n1\n\x001\n", "f.csv:3 & NUL")
    yield bad("NUL at the end", b"0\n1\n\0", "f.csv:3 & NUL")
    yield bad("NUL inside quotes", b'label\n"a\0b"\nc\n', "f.csv:2 & NUL")
    yield bad("NUL, late", b"0\n" * LATE + b"\0\n", f"f.csv:{LATE + 1} & NUL")
    yield good("a letter beyond the first plane", "label\n\U0001f600\na\n", "a,\U0001f600\n" + soft(2, 1, 0))
    for mark in ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f"):
        name = f"a{mark}b"
        yield good(f"U+{ord(mark):04X} ends no line", f"label\n{name}\nc\n", f"{name},c\n" + soft(2, 0, 1))
    yield bad("the end of a file of DOS", b"0\n1\n\x1a", "f.csv:3 & \\x1a")


def quotes() -> Iterator[Case]:
    """Quotes, and lines in them."""
    yield bad("a quote that stays open", '0\n"1\n2\n', "f.csv:2 & never closed")
    yield bad("a quote alone", '"', "f.csv:1 & never closed")
    yield bad("a quote at the end", '0\n1\n"', "f.csv:3 & never closed")
    yield bad("a quote that stays open, late", "0\n" * LATE + '"1\n0\n', f"f.csv:{LATE + 1} & never closed")
    yield bad("text after a quote", '0\n"1"x\n', "f.csv:2 & after a closing quote")
    yield bad("a quote in a quote", 'label\n"a"b"\nc\n', "f.csv:2 & after a closing quote")
    yield good("a quote in mid-cell", 'label\na"b\nc\n', '"a""b",c\n' + soft(2, 0, 1))
    yield good("doubled quotes", 'label\n"a""b"\nc\n', '"a""b",c\n' + soft(2, 0, 1))
    yield good("four quotes", 'label\n""""\nc\n', '"""",c\n' + soft(2, 0, 1))
    yield good("a line break in a name", 'label\n"a\nb"\nc\n', '"a\nb",c\n' + soft(2, 0, 1))
    yield good("a CRLF in a name", 'label\r\n"a\r\nb"\r\nc\r\n', '"a\r\nb",c\n' + soft(2, 0, 1))
    yield good("CR CR LF inside quotes", 'label\n"a\r\r\nb"\r\nc\n', '"a\r\r\nb",c\n' + soft(2, 0, 1))
    yield good("a CR at the end of a quoted name", 'label\n"a\r"\r\nc\n', '"a\r",c\n' + soft(2, 0, 1))
    yield good("a CR in a name", 'label\n"a\rb"\nc\n', '"a\rb",c\n' + soft(2, 0, 1))
    yield good("a delimiter in a name", 'label\n"a,b"\nc\n', '"a,b",c\n' + soft(2, 0, 1))
    yield good("a line break in a header", '"la\nbel"\n0\n1\n', unnamed(2) + soft(2, 0, 1))
    yield good("quoted numbers", '"0"\n"1"\n', soft(2, 0, 1))
    yield bad("a quoted number with a line break", '0\n"1\n"\n1\n', "f.csv:2 & 1\\n")
    yield bad("an empty quoted label", '0\n""\n1\n', "f.csv:2 & empty")
    yield bad("a space before a quote", 'label\n "a,b"\nc\n', "f.csv:2 & 2 cells")
    kept = 'id,label\n"a\n\nb",0\n"c\r\nd",1\n'
    expected = 'id,class_0,class_1\n"a\n\nb",{}"c\r\nd",{}'.format(*soft(2, 0, 1).splitlines(keepends=True))
    yield good("blank lines in a kept cell", kept, expected, "--keep", "id")
    yield bad("a bad label below quoted lines", 'id,label\n"a\n\n\nb",0\nc,x\n', "f.csv:6 & `x`")
    late = '"a\nb",0\n' * LATE
    yield bad("a bad label below many", f"id,label\n{late}c,x\n", f"f.csv:{2 + 2 * LATE} & `x`")
    yield bad("apostrophes are no quotes", "label\n'a,b'\nc\n", "f.csv:2 & 2 cells")


def shapes() -> Iterator[Case]:
    """Ragged rows, headers, line ends, nothing at all."""
    yield bad("a short row", "0,1\n1\n", "f.csv:2 & 1 cell")
    yield bad("a long row", "0,1\n1,0,0\n", "f.csv:2 & 3 cells")
    yield bad("a short row, late", "0,1\n" * LATE + "1\n", f"f.csv:{LATE + 1} & 1 cell")
    yield bad("a long row, late", "0,1\n" * LATE + "1,0,\n", f"f.csv:{LATE + 1} & 3 cells")
    yield bad("a row of many cells", "0,1\n" + "0," * 9999 + "1\n", "f.csv:2 & 10000 cells")
    yield bad("a header shorter than its rows", "a\n1,0\n0,1\n", "f.csv:2 & 2 cells")
    yield bad("a header longer than its rows", "a,b,c\n1,0\n0,1\n", "f.csv:2 & 2 cells")
    yield bad("a delimiter at the end of each row", "1,0,\n0,1,\n", "f.csv:1", "--no-header")
    yield bad("a blank line in two columns", "0,1\n\n1,0\n", "f.csv:2 & blank line")
    yield bad("a blank line in one", "0\n\n1\n", "f.csv:2 & empty")
    yield bad("a line of spaces", "0\n  \n1\n", "f.csv:2 & empty")
    yield good("blank lines at the end", "0\n1\n\n\n\n", soft(2, 0, 1))
    yield good("blank CRLF lines at the end", "0\r\n1\r\n\r\n\r\n", soft(2, 0, 1))
    yield bad("blank lines at the start", "\n\n0\n1\n", "f.csv:")
    yield bad("a doubled header", "a,a\n1,0\n0,1\n", "f.csv & `a` twice")
    yield bad("a doubled header, looked for", "a,a\n1,x\n0,y\n", "f.csv & `a`", "--column", "a")
    yield bad("an empty header", ",\n1,0\n0,1\n", "f.csv & without a name")
    yield bad("a quoted empty header", '"",""\n1,0\n0,1\n', "f.csv & without a name")
    doubled = "class_0,class_0\n1,0\n0,1\n"
    yield bad("a header of classes, doubled", doubled, "f.csv & 0` twice")
    yield bad("only a header", "label\n", "f.csv & no rows")
    yield bad("only a header, no line end", "label", "f.csv & no rows")
    yield bad("only a wide header", "a,b,c\n", "f.csv:1")
    for name, data in (
        ("nothing", ""),
        ("a newline", "\n"),
        ("newlines", "\n" * 5000),
        ("CRLFs", "\r\n" * 50),
    ):
        yield bad(name, data, "f.csv & is empty")
    yield good("no newline at the end", "0\n1", soft(2, 0, 1))
    yield good("no newline after a header and a row", "label\n0", unnamed(1) + soft(1, 0))
    yield good("CRLF and LF", "0\r\n1\n0\r\n", soft(2, 0, 1, 0))
    yield bad("CR alone", "0\r1\r", "f.csv:1 & carriage return")
    yield bad("a CR in mid-line", "0\n1\r0\n", "f.csv:2 & carriage return")
    yield bad("CR CR LF", "0\r\r\n1\r\r\n", "f.csv:1 & carriage return")
    yield bad(
        "CR CR LF in a file with quotes",
        '"0"\n1\r\r\n1\n',
        "f.csv:2 & carriage return",
    )
    yield bad("a CR, late", "0\n" * LATE + "1\r1\n", f"f.csv:{LATE + 1} & carriage return")
    yield good("a CR at the very end", "0\n1\r", soft(2, 0, 1))
    yield bad("columns counted by pandas", "0,1,2\n1,0,0\n0,1,0\n", "f.csv:1 & `0`, `1`, `2`")
    yield bad("text over text", "cat\ndog\n", "f.csv:1 & `cat`")
    yield bad("semicolons", "1;0\n0;1\n", "f.csv:1 & semicolons")
    yield bad("semicolons and decimal commas", "0,5;0,5\n0,2;0,8\n", "f.csv:1 & semicolons")
    yield bad("decimal commas", "0,5\n0,7\n", "f.csv:1 & columns")
    yield bad("a quoted decimal comma", '0\n1\n"0,5"\n', "f.csv:3 & `0,5`")
    yield bad("pipes", "1|0\n0|1\n", "f.csv:1 & `1|0`")
    yield bad("spaces between columns", "1 0\n0 1\n", "f.csv:1 & `1 0`")
    yield bad("tabs in a CSV", "1\t0\n0\t1\n", "f.csv:1 & tabs")
    yield bad("commas in a TSV", "1,0\n0,1\n", "f.tsv:1 & commas", file="f.tsv")
    yield good("a TSV", "1\t0\n0\t1\n", of_rows((1, 0), (0, 1)), file="f.tsv")
    yield good("a TSV with quotes", 'label\n"a\tb"\nc\n', "a\tb,c\n" + soft(2, 0, 1), file="f.tsv")
    yield bad("a TSV with a short row", "1\t0\n0\n", "f.tsv:2 & 1 cell", file="f.tsv")
    yield bad("no suffix that is known", "0\n1\n", "`f.txt`", file="f.txt", code=2)


#: Cells that are whole numbers, and which.
