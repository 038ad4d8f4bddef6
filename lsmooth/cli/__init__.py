"""The terminal: the only place that knows Typer and Rich, that prints, and that picks exit codes."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
#: Signals that end a run: whoever holds a half-written file cleans up on the way out.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """A signal other than Ctrl-C came that ends the run; its number is the only argument."""


class _NoOutput(io.TextIOBase):
    """Standard output that was closed from the start."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed", text[:0])


def _heed_signals() -> None:
    """Let signals end the run; those that are ignored, as nohup has it, stay so."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    sys.unraisablehook = _unraisable


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """End the run a moment later where the signal came within a finalizer, which nothing can leave."""
    error = lost.exc_value
    if not isinstance(error, KeyboardInterrupt | Ended):
        sys.__unraisablehook__(lost)
        return

    def again(_number: int, _frame: FrameType | None) -> None:
        raise error

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, 0.01)


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """Do nothing."""


def _end(number: int, _frame: FrameType | None) -> None:
    for each in ENDING:  # a second one may not disturb the cleaning up; SIG_IGN would warn of those at hand
        if signal.getsignal(each) is _end:
            signal.signal(each, _go_on)
    raise KeyboardInterrupt if number == signal.SIGINT else Ended(number)


def main() -> int:
    """Run the command line and return its exit code; imports stand inside, so that Ctrl-C is clean."""
    try:
        return _exit_code()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _exit_code() -> int:
    try:
        _heed_signals()
        if sys.stdout is None:
            sys.stdout = _NoOutput()
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Ended as ended:
        return 128 + int(ended.args[0])
    except MemoryError:
        return _fail("out of memory: a row of so many classes does not fit")
    except BrokenPipeError:
        _forget_stdout()
        return 0
    except OSError as error:
        _forget_stdout()
        return _fail(f"cannot write stdout: {(error.strerror or str(error)).lower()}")
    return code


def _forget_stdout() -> None:
    """Keep the interpreter from flushing to a reader that has gone."""
    if not isinstance(sys.stdout, _NoOutput):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> int:
    from lsmooth.cli.console import Console  # noqa: PLC0415
    from lsmooth.errors import LsmoothError  # noqa: PLC0415

    Console().error(LsmoothError(message))
    return 1


def _run() -> int:
    import typer  # noqa: PLC0415

    from lsmooth.cli.app import app  # noqa: PLC0415
    from lsmooth.cli.console import Console, color_asked_for, color_help  # noqa: PLC0415
    from lsmooth.errors import ClosedPipe, LsmoothError, UsageError  # noqa: PLC0415

    console = Console(color_asked_for(sys.argv))
    color_help(sys.argv)
    try:
        return app(standalone_mode=False) or 0
    except LsmoothError as error:
        console.error(error)
        return error.exit_code
    except (ClosedPipe, SystemExit):  # Typer leaves so when the reader of its help has gone
        _forget_stdout()
        return 0
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        if error.format_message():  # otherwise no command was named, and the help has been shown
            console.error(UsageError(*_reworded(error.format_message())))
        return UsageError.exit_code


def _reworded(message: str) -> tuple[str, str]:
    """Return Typer's message as ours are: lower case first, no full stop, a hint that works."""
    text = message.strip().rstrip(".")
    command = " ".join(word for word in sys.argv[1:2] if word in ("smooth", "loss", "explain"))
    return text[:1].lower() + text[1:], " ".join(f"lsmooth {command} --help".split())
