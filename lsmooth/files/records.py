"""Bytes of delimited text → chunks of whole records, rows and lines counted."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from lsmooth.errors import LsmoothError
from lsmooth.files.cells import TextChunk, cut_lines
from lsmooth.files.lines import LineQueue

MOST_BLANK_LINES = 1 << 20
MOST_LINE_BYTES = 1 << 30
#: More without a delimiter is a cell that `csv` does not take, be every character 4 bytes or a doubled quote.
_MOST_CELL_BYTES = 1 << 20
_MARK = b"\xef\xbb\xbf"


class Cutter:
    """Cuts a stream of bytes into chunks of whole records, counting rows and lines.

    Records without quotes stay bytes, which are cut into cells by whoever wants those.

    Args:
        name: of the file.
        delimiter: between cells.
        tile: chunks are multiples of this many rows, but for the last.
        most: rows a chunk at most.
        header: leave the first record out.
        patience: bytes of lines that may be held until there are `most` rows.
    """

    def __init__(
        self, name: str, delimiter: str, tile: int, most: int, *, header: bool, patience: int = 0
    ) -> None:
        self._name = name
        self._delimiter = delimiter
        self._tile = tile
        self._most = max(tile, most // tile * tile)
        self._header = header
        self._patience = patience
        self._head: bytes | None = b""  # the first bytes until they are checked
        self._part = bytearray()  # of a line
        self._open: list[str] = []  # lines of a record whose quote is open
        self._enough = 0  # of them to be read again: twice as many as the last time
        self._lines = LineQueue()  # not yet handed out, while there are no quotes
        self._cells: list[list[str]] = []  # of records not yet handed out, where there are quotes
        self._heights: list[int] = []  # how many lines each of them has
        self._blank = 0  # blank lines that are nothing at the end of the file
        self._row = 0
        self._line = 1
        self.width = 0

    def cut(self, data: Iterable[bytes]) -> Iterator[TextChunk]:
        """Yield the chunks of a file given as pieces of its bytes."""
        for piece in data:
            if self._take(self._checked(piece)):
                yield from self._hand_out(final=False)
        if self._head:
            self._take(self._without_nul(self._begin()))
        if self._part:
            self._take(b"\n")
        if self._open:
            self._add_quoted(self._open)
        if self._open:
            raise self._error(
                "found a quote that is never closed", "close it, or double a quote inside quotes"
            )
        yield from self._hand_out(final=True)

    def _where(self, ahead: int = 0) -> str:
        """Return file:line, so many lines after those that are held."""
        return f"{self._name}:{self._line + ahead + self._blank + self._lines.rows + sum(self._heights)}"

    def _error(self, message: str, hint: str | None = None, ahead: int = 0) -> LsmoothError:
        return LsmoothError(message, hint, where=self._where(ahead))

    def _checked(self, piece: bytes) -> bytes:
        if self._head is not None:
            self._head += piece
            if len(self._head) < 2 * len(_MARK):
                return b""
            piece = self._begin()
        return self._without_nul(piece)

    def _without_nul(self, piece: bytes) -> bytes:
        if b"\0" in piece:
            ahead = piece.count(b"\n", 0, piece.index(b"\0"))
            raise self._error("found a NUL byte, wanted text", "if it is an array, name it .npy", ahead)
        return piece

    def _begin(self) -> bytes:
        head, self._head = self._head or b"", None
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1:4:2] == b"\0\0" or head[:3:2] == b"\0\0":
            hint = f"iconv -f UTF-16 -t UTF-8 {shlex.quote(self._name)}"
            raise self._error("the file is UTF-16 or UTF-32, wanted UTF-8", hint)
        if head.startswith(_MARK * 2):
            hint = f"tail -c +4 {shlex.quote(self._name)} drops one"
            raise self._error("found a second byte-order mark `\\ufeff`, wanted text", hint)
        return head.removeprefix(_MARK)

    def _take(self, piece: bytes) -> bool:
        """Add the whole lines of a piece to the records; return whether there were any."""
        after = piece.rfind(b"\n") + 1
        if not after:
            self._part += piece
            self._check_length()
            return False
        body = b"".join((self._part, memoryview(piece)[:after]))
        self._part = bytearray(piece[after:])
        self._check_encoding(body)
        if b'"' in body or self._open:
            self._open += body[:-1].decode().split("\n")
            if len(self._open) >= self._enough:
                self._add_quoted(self._open)
        else:
            self._add_plain(self._without_returns(body))
        return True

    def _check_length(self) -> None:
        """Raise for a line whose end is too far to wait for: it, or a cell of it, is too long."""
        start = self._part.rfind(self._delimiter.encode()) + 1
        if len(self._part) - start > _MOST_CELL_BYTES:
            from lsmooth.files.quoting import LONG_CELL  # noqa: PLC0415 - where there is one

            raise self._error(LONG_CELL, "close the quote, or correct the line", len(self._open))
        if len(self._part) > MOST_LINE_BYTES:
            found = f"found a line of more than {MOST_LINE_BYTES:,} bytes"
            raise self._error(found, "give each row a line of its own", len(self._open))

    def _check_encoding(self, body: bytes) -> None:
        if body.isascii():
            return
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            ahead = body.count(b"\n", 0, error.start) + len(self._open)
            hint = f"iconv -f LATIN1 -t UTF-8 {shlex.quote(self._name)}"
            raise self._error(f"byte 0x{body[error.start]:02X} is not UTF-8", hint, ahead) from None

    def _without_returns(self, body: bytes) -> bytes:
        """Return lines that end in LF where they ended in CRLF."""
        if b"\r" not in body:
            return body
        body = body.replace(b"\r\n", b"\n")
        if b"\r" in body:
            from lsmooth.files.quoting import LONE_RETURN  # noqa: PLC0415 - not where there is none

            ahead = body.count(b"\n", 0, body.index(b"\r"))
            raise self._error(LONE_RETURN, f"tr '\\r' '\\n' < {shlex.quote(self._name)}", ahead)
        return body

    def _add_plain(self, body: bytes) -> None:
        """Add whole lines without quotes, keeping blank ones apart until something follows them."""
        blank, after = self._blank, 0
        if body.endswith(b"\n\n") or body == b"\n":
            text = body.rstrip(b"\n")
            after = len(body) - len(text) - 1
            if not text:
                self._add_blank(len(body))
                return
            body = text + b"\n"
        self._blank = after
        if blank:
            body = b"\n" * blank + body
        if self._cells:
            self._add_cells(self._split(body))
        else:
            self._lines.add(body)

    def _add_blank(self, lines: int) -> None:
        self._blank += lines
        if self._blank > MOST_BLANK_LINES:
            raise self._error("found a million blank lines", "drop them")

    def _add_quoted(self, lines: list[str]) -> None:
        """Group lines into records; a record whose quote is still open waits for more."""
        from lsmooth.files.quoting import split_quoted  # noqa: PLC0415 - imports csv

        cells, heights = split_quoted(lines, self._delimiter, self._where)
        self._open = lines[sum(heights) :]
        self._enough = 2 * len(self._open)
        after = 0
        while cells and not cells[-1]:
            cells.pop()
            heights.pop()
            after += 1
        if not cells:
            self._add_blank(after)
            return
        if self._lines.rows:
            self._add_cells(self._split(self._lines.take(self._lines.rows)))
        self._add_cells([[] for _ in range(self._blank)])
        self._blank = after
        self._add_cells(cells, heights)

    def _add_cells(self, cells: list[list[str]], heights: list[int] | None = None) -> None:
        self._cells += cells
        self._heights += heights or [1] * len(cells)

    def _split(self, body: bytes) -> list[list[str]]:
        first = self._line
        lines = body[:-1].decode().split("\n")
        return cut_lines(lines, self._delimiter, lambda row: f"{self._name}:{first + row}")

    def _hand_out(self, *, final: bool) -> Iterator[TextChunk]:
        if not (self._lines.rows or self._cells):
            return
        if not self.width:
            first = self._cells or self._split(self._lines.first())
            self.width = max(1, len(first[0]))
        if self._header:
            self._drop_header()
        count = self._lines.rows + len(self._cells)
        is_short = not self._cells and self._lines.size < self._patience
        unit = self._most if is_short else self._tile
        whole = count if final else count // unit * unit
        yield from self._hand_out_cells(whole) if self._cells else self._hand_out_plain(whole)

    def _drop_header(self) -> None:
        self._header = False
        if self._cells:
            self._line += self._heights.pop(0)
            del self._cells[0]
        else:
            self._line += 1
            self._lines.take(1)

    def _hand_out_plain(self, whole: int) -> Iterator[TextChunk]:
        while whole:
            size = min(self._most, whole)
            yield self._chunk(size, self._lines.take(size), None, None)
            self._row += size
            self._line += size
            whole -= size

    def _hand_out_cells(self, whole: int) -> Iterator[TextChunk]:
        while whole:
            size = min(self._most, whole)
            heights = self._heights[:size]
            yield self._chunk(size, b"", self._cells[:size], heights)
            self._row += size
            self._line += sum(heights)
            whole -= size
            del self._cells[:size], self._heights[:size]

    def _chunk(
        self, rows: int, data: bytes, cells: list[list[str]] | None, heights: list[int] | None
    ) -> TextChunk:
        return TextChunk(
            self._name, self._row, self._line, self.width, self._delimiter, rows, data, cells, heights
        )
