"""The screens of explain: complete at every width, the same bytes each time, safe, and as committed."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Work
from kits.screens import drawn, numbers_of
from rich.console import Console

from lsmooth.cli.lessons import render_list
from lsmooth.conventions import list_conventions
from lsmooth.lessons import CATALOGUE, Lesson, find
from lsmooth.lessons.model import Node, Note, Numbers, Series, Step, Table, Worked

ROOT = Path(__file__).parent.parent
WIDTHS = [40, 60, 80, 120, 200]
SCREENS = Path(__file__).parent / "screens"

every_lesson = pytest.mark.parametrize("lesson", CATALOGUE, ids=lambda lesson: lesson.topic)


@every_lesson
def test_no_line_is_too_wide_and_no_digit_is_lost_at_any_width(lesson: Lesson) -> None:
    worked = lesson.work(Numbers())
    widest = drawn(lesson, worked, 200)
    for width in WIDTHS:
        screen = drawn(lesson, worked, width)
        assert max(len(line) for line in screen.split("\n")) <= width
        assert numbers_of(screen) == numbers_of(widest), width


@every_lesson
def test_a_screen_is_as_it_was_reviewed(lesson: Lesson, request: pytest.FixtureRequest) -> None:
    """`pytest --refill-screens` writes the screens anew; read the difference before committing it."""
    screen = drawn(lesson, lesson.work(Numbers()), 80)
    path = SCREENS / f"{lesson.topic}.txt"
    if request.config.getoption("--refill-screens"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(screen)
    if lesson.home.startswith(("effects.", "claims.")):
        # a trained model's last digits are those of the processor; its words are not
        screen, kept = (re.sub(r"[-\d.█·│ ]+", " ", text) for text in (screen, path.read_text()))
        assert screen == kept
    else:
        assert screen == path.read_text()


@every_lesson
def test_json_has_the_values_in_full_precision(work: Work, lesson: Lesson) -> None:
    found = json.loads(work.ok("explain", lesson.topic, "--json"))
    steps = [part for part in lesson.work(Numbers()).parts if isinstance(part, Step)]
    shown = [part for part in found["parts"] if part["part"] == "step"]
    assert [step.title for step in steps] == [part["title"] for part in shown]
    for step, part in zip(steps, shown, strict=True):
        assert [value for value in step.values if abs(value) < float("inf")] == [
            value for value in part["values"] if value is not None
        ]


def test_the_list_names_every_topic(work: Work) -> None:
    screen = work.ok("explain")
    assert all(f"  {lesson.topic} " in screen and lesson.line in screen for lesson in CATALOGUE)
    console = Console(file=io.StringIO(), width=40, color_system=None)
    console.print(render_list(40))
    assert isinstance(console.file, io.StringIO)
    assert max(map(len, console.file.getvalue().split("\n"))) <= 40


def test_all_shows_every_topic_and_markdown_too(work: Work) -> None:
    screens = work.ok("explain", "--all")
    markdown = work.ok("explain", "--all", "--markdown")
    for lesson in CATALOGUE:
        assert lesson.title in screens
        assert f"## {lesson.title}" in markdown
    assert "\x1b" not in screens + markdown


def test_an_unknown_topic_is_a_usage_error_with_the_nearest(work: Work) -> None:
    error = work.refused("explain", "three-clases", code=2)
    assert error.startswith("error: there is no topic `three-clases`; did you mean `three-classes`?\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-e", "0.2"], "no"),
        (["gradual", "--probs", "0.7,0.3"], "--probs changes nothing in gradual"),
        (["loss", "--probs", "0.7,x"], "--probs is `0.7,x`, wanted numbers"),
        (["loss", "-e", "1.5"], "epsilon is 1.5, which is not in [0, 1]"),
        (["--all", "loss"], "--all shows every topic"),
    ],
)
def test_numbers_that_change_nothing_are_refused(work: Work, arguments: list[str], words: str) -> None:
    assert words in work.refused("explain", *arguments, code=2)


def test_the_documents_result_is_shown_for_the_documents_numbers_only(work: Work) -> None:
    assert "the document prints [0.9, 0.05, 0.05]" in work.ok("explain", "three-classes")
    assert "the document prints" not in work.ok("explain", "three-classes", "-k", 4)


@pytest.mark.parametrize("form", ["svg", "html"])
def test_a_picture_is_the_same_bytes_each_time(work: Work, form: str) -> None:
    for name in ("a", "b"):
        work.ok("explain", "alpha", f"--{form}", f"{name}.{form}")
    assert work.read(f"a.{form}") == work.read(f"b.{form}")
    assert "exists" in work.refused("explain", "alpha", f"--{form}", f"a.{form}")


@pytest.mark.parametrize("path", sorted((ROOT / ".github").glob("*.svg")), ids=lambda path: path.stem)
def test_the_pictures_of_the_readme_are_what_the_program_draws(work: Work, path: Path) -> None:
    work.ok("explain", path.stem, "--svg", "now.svg")
    assert work.read("now.svg") == path.read_text()


@pytest.mark.parametrize(
    ("environment", "expected"), [({"NO_COLOR": "1"}, "█"), ({"PYTHONIOENCODING": "ascii"}, "#####")]
)
def test_a_pipe_has_no_colour_and_an_ascii_terminal_plain_letters(
    environment: dict[str, str], expected: str
) -> None:
    command = [sys.executable, "-m", "lsmooth", "explain", "cat-dog"]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, check=True)
    screen = done.stdout.decode("ascii" if expected.startswith("#") else "utf-8")
    assert expected in screen
    assert "\x1b" not in screen


def test_what_users_could_write_into_a_lesson_never_reaches_the_terminal_raw() -> None:
    evil = "[red]\x1b[2J\u202e" + "x" * 10_000
    worked = Worked(
        ((evil, evil),),
        (
            Step(evil, evil, evil, evil, (1.0,)),
            Table(evil, (evil, "p"), ((evil, 0.5),), bar=1, marked=0),
            Series(evil, "x", "y", ((evil[:9], 1.0),)),
            Node(evil, 0.5),
            Note(evil),
        ),
        (evil,),
    )
    screen = drawn(CATALOGUE[0], worked, 80)
    assert "\x1b" not in screen
    assert "\u202e" not in screen
    assert "[red]" in screen
    assert max(map(len, screen.split("\n"))) <= 80


@pytest.mark.parametrize("label", [0, 50, 99])
def test_many_classes_are_folded_and_the_true_one_is_shown(work: Work, label: int) -> None:
    screen = work.ok("explain", "five-classes", "-k", 100, "--label", label)
    table = screen.split("The label and the target\n")[1].split("\n\n")[0].splitlines()[1:]
    shown = [line for line in table if line.startswith("class ")]
    hidden = [int(found) for line in table for found in re.findall(r"^… (\d+) more$", line)]
    assert len(shown) + sum(hidden) == 100
    assert [line for line in shown if "true class" in line] == [
        line for line in shown if line.startswith(f"class {label} ")
    ]


# The table of conventions


def test_the_table_of_conventions_gives_the_targets_as_numbers(work: Work) -> None:
    """At ε = 0.1 and K = 10, by arithmetic."""
    found = json.loads(work.ok("explain", "conventions", "-e", 0.1, "-k", 10, "--json"))
    entries = {entry["name"]: entry for entry in found["conventions"]}
    for name, targets in {
        "torch": [0.91, 0.01],
        "fairseq": [0.9, 0.1 / 9],
        "opennmt": [0.9, 0.1 / 8],
        "keras-bce": [0.95, 0.05],
        "smp-bce": [0.9, 0.1],
        "timm-bce": [0.91, 0.01],
        "classy": [1.01 / 1.1, 0.01 / 1.1],
    }.items():
        assert entries[name]["targets"] == pytest.approx(targets), name
    assert entries["huggingface"]["aliases"] == ["hf", "transformers"]
    assert all(entry["versions"] and entry["source"] and "notes" in entry for entry in entries.values())
    assert list(entries) == [entry.name for entry in list_conventions()]


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_the_table_of_conventions_shows_every_one(width: int) -> None:
    lesson = find("conventions")
    assert lesson is not None
    lines = drawn(lesson, lesson.work(Numbers()), width).split("\n")
    for entry in list_conventions():
        shown = [line for line in lines if line.split()[:1] == [entry.name]]
        assert shown if width < 80 else len(shown) == 1, entry.name
    assert not any("…" in line for line in lines)


@pytest.mark.parametrize(
    ("flag", "value", "inputs"),
    [("-e", 0.2, {"ε": "0.2", "K": "10"}), ("-k", 5, {"ε": "0.1", "K": "5"})],
)
def test_epsilon_and_classes_of_the_table_have_defaults(
    work: Work, flag: str, value: float, inputs: dict[str, str]
) -> None:
    found = json.loads(work.ok("explain", "conventions", flag, value, "--json"))["inputs"]
    assert {name: found[name] for name in inputs} == inputs
    assert "ε" not in json.loads(work.ok("explain", "conventions", "--json"))["inputs"]
    assert "wanted at least 2" in work.refused("explain", "conventions", "-k", 1, code=2)


def test_a_picture_is_not_drawn_over_what_it_shows(work: Work) -> None:
    work.write("t.csv", "a,b\n.9,.1\n.1,.9\n")
    Path("link.svg").symlink_to("t.csv")
    for flag, path in (("--svg", "t.csv"), ("--html", "./t.csv"), ("--svg", "link.svg")):
        assert "is also an input" in work.refused("explain", "t.csv", flag, path, "--force")
    error = work.refused("explain", "t.csv", "--svg", "p", "--html", "./p", "--force", code=2)
    assert "--svg and --html are the same file" in error
    assert work.read("t.csv") == "a,b\n.9,.1\n.1,.9\n"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--json"], "--json is of a topic, and none is named\n\nhint: lsmooth explain --all --json"),
        (["--markdown"], "--markdown is of a topic, and none is named"),
        (["yolo", "--json", "--markdown"], "--json does not go with --markdown"),
        (["yolo", "--json", "--svg", "a.svg"], "--json does not go with --svg"),
        (["yolo", "--markdown", "--html", "a.html"], "--markdown does not go with --html"),
    ],
)
def test_a_form_that_would_be_left_out_is_a_usage_error(work: Work, flags: list[str], message: str) -> None:
    assert message in work.refused("explain", *flags, code=2)
