"""Processes of the program as the tests start them: on a terminal, by a person, measured."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence

from conftest import Result

RUN = "from lsmooth.cli import main\nsys.exit(main())\n"
PLAIN = f"import sys\n{RUN}"
#: Whoever starts the tests may ignore SIGINT; a person who starts lsmooth does not.
HEEDING = f"import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{RUN}"
#: The progress bar appears at once.
IMPATIENT = f"import sys\nimport lsmooth.cli.console as console\nconsole.PATIENCE = 0.0\n{RUN}"
#: Starts the rest of its arguments and prints, as its last line on stderr, the most memory they had, in MB.
#: A process of its own, for a child's figure starts at that of its parent, and the tests are large.
MEASURE = (
    "import os, sys\n"
    "child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ)\n"
    "_, status, usage = os.wait4(child, 0)\n"
    "print(usage.ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10), file=sys.stderr)\n"
    "sys.exit(os.waitstatus_to_exitcode(status))\n"
)
#: Runs the rest of its arguments with standard output counted; a child of its own, for the memory of a
#: child is at first that of its parent, and the tests are large.
METER = """
import json, os, subprocess, sys
seconds = float(sys.argv[1])
process = subprocess.Popen(
    [sys.executable, "-m", "lsmooth", *sys.argv[2:]],
    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
)
import signal
signal.signal(signal.SIGALRM, lambda *_: process.kill())
signal.alarm(int(seconds))
size = 0
while data := os.read(process.stdout.fileno(), 1 << 20):
    size += len(data)
error = process.stderr.read(10000).decode()
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), size, error, usage.ru_maxrss / 1024]))
"""


def python(code: str, *arguments: object) -> list[str]:
    """Return how code is run with arguments."""
    return [sys.executable, "-c", code, *map(str, arguments)]


def measured(*arguments: object) -> tuple[str, float]:
    """Run and return what was printed, and the most memory that it had at once, in MB."""
    command = python(MEASURE, "-m", "lsmooth", *arguments)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(), float(done.stderr.split()[-1])


def peak(*arguments: object) -> float:
    """Run and return the most memory that it had at once, in MB."""
    return measured(*arguments)[1]


def on_terminal(
    code: str, *arguments: object, streams: Sequence[str] = ("stderr",), **environment: str
) -> tuple[str, Result]:
    """Run with some streams on a terminal; return what it shows, and the rest."""
    ours, theirs = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    pipes: dict[str, int] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
    pipes |= dict.fromkeys(streams, theirs)
    process = subprocess.Popen(
        python(code, *arguments),
        env=clean | {"TERM": "xterm-256color", "COLUMNS": "100"} | environment,
        stdin=pipes["stdin"],
        stdout=pipes["stdout"],
        stderr=pipes["stderr"],
    )
    os.close(theirs)
    shown = bytearray()
    try:
        while data := os.read(ours, 1 << 16):
            shown += data
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(ours)
    out, err = process.communicate()
    return shown.decode(), Result(process.returncode, (out or b"").decode(), (err or b"").decode())


def on_screen(*arguments: object, **environment: str) -> str:
    """Run with standard output on a terminal, and return what it shows."""
    shown, result = on_terminal(PLAIN, *arguments, streams=["stdout"], **environment)
    assert result.code == 0, result.err
    return shown
