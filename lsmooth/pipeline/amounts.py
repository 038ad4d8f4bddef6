"""How labels are to be smoothed: the rule for ε, the weights to spread it by. Loads no numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from lsmooth.errors import LsmoothError, UsageError, check_choice
from lsmooth.labels import LabelChoice, LabelKind, check_given_names
from lsmooth.pipeline.weights import GivenMap, SpreadWeights
from lsmooth.smoothing import PER_LABEL, RULES, Rule
from lsmooth.smoothing.epsilon import check_epsilon

if TYPE_CHECKING:
    from lsmooth.conventions.model import Convention

Metric = Literal["accuracy", "confidence"]
By = Literal["all", "class"]
Uncertainty = Literal["entropy", "max", "margin", "true"]
Ramp = Literal["linear", "cosine", "exponential"]


@dataclass(frozen=True)
class EpsilonRule:
    """How much: a constant, or a range and a rule that chooses in it, or a value for each class or row.

    Attributes:
        epsilon: a constant, None where none is given.
        span: the range (LOW, HIGH) that a rule chooses in, None where none is given.
    """

    epsilon: float | None = None
    span: tuple[float, float] | None = None
    per_class: GivenMap | None = None
    by_column: str | None = None
    column: str | None = None
    epoch: tuple[int, int] | None = None
    ramp: Ramp | None = None
    adaptive: str | None = None
    metric: Metric | None = None
    by: By | None = None
    conditional: str | None = None
    uncertainty: Uncertainty | None = None
    invert: bool = False
    gamma: float | None = None

    def rules(self) -> list[str]:
        """The flags given that choose ε."""
        given = {
            "--per-class": self.per_class,
            "--epsilon-column": self.column,
            "--adaptive": self.adaptive,
            "--conditional": self.conditional,
            "--epoch": self.epoch,
        }
        return [flag for flag, value in given.items() if value is not None]

    def one_class_rules(self) -> list[str]:
        """The flags given that need one class a row."""
        given = {
            "--per-class": self.per_class is not None and self.by_column is None,
            "--by class": self.by == "class",
            "--metric confidence": self.metric == "confidence",
            "--uncertainty true": self.uncertainty == "true",
        }
        return [flag for flag, is_given in given.items() if is_given]

    def references(self) -> list[str]:
        """The columns that hold ε or what it depends on."""
        return [column for column in (self.by_column, self.column) if column is not None]

    def row_flag(self) -> str | None:
        """The flag that gives each row an ε of its own, None where there is none."""
        given = {"--epsilon-by": self.by_column, "--epsilon-column": self.column}
        given["--conditional"] = self.conditional
        return next((flag for flag, value in given.items() if value is not None), None)

    @property
    def by_row(self) -> bool:
        """Whether each row has an ε of its own."""
        return self.row_flag() is not None

    def check(self) -> None:
        """Raise UsageError, naming both flags, for what contradicts itself."""
        rules = self.rules()
        if len(rules) > 1:
            raise UsageError(f"{rules[0]} and {rules[1]} both choose epsilon", "pass one of them")
        if self.epsilon is not None:
            check_epsilon(self.epsilon)
            if rules:
                wants = "a range" if self._ranged() else "no epsilon beside it"
                hint = f"pass --epsilon 0:{self.epsilon:g}" if self._ranged() else "drop --epsilon"
                raise UsageError(f"--epsilon is a constant, and {rules[0]} wants {wants}", hint)
        if self.span is not None:
            check_epsilon(self.span[0])
            check_epsilon(self.span[1])
            if not self._ranged():
                message = "--epsilon is a range, and no rule chooses in it"
                if rules:
                    message = f"--epsilon is a range, and {rules[0]} does not choose in one"
                raise UsageError(message, "pass one number, or --epoch, --adaptive or --conditional")
        elif self._ranged() and self.epsilon is None:
            raise UsageError(f"{rules[0]} needs a range to choose in", "pass --epsilon 0:0.2")
        self._check_modifiers()

    def _ranged(self) -> bool:
        return any(value is not None for value in (self.epoch, self.adaptive, self.conditional))

    def _check_modifiers(self) -> None:
        needs = (
            ("--epsilon-by", self.by_column, "--per-class", self.per_class),
            ("--ramp", self.ramp, "--epoch", self.epoch),
            ("--metric", self.metric, "--adaptive", self.adaptive),
            ("--by", self.by, "--adaptive", self.adaptive),
            ("--uncertainty", self.uncertainty, "--conditional", self.conditional),
            ("--invert", self.invert or None, "--conditional", self.conditional),
            ("--gamma", self.gamma, "--adaptive or --conditional", self.adaptive or self.conditional),
        )
        for flag, value, other, present in needs:
            if value is not None and present is None:
                raise UsageError(f"{flag} needs {other}", f"drop {flag}, or pass {other}")
        for flag, value, choices in (
            ("--ramp", self.ramp, get_args(Ramp)),
            ("--metric", self.metric, get_args(Metric)),
            ("--by", self.by, get_args(By)),
            ("--uncertainty", self.uncertainty, get_args(Uncertainty)),
        ):
            if value is not None:
                check_choice(flag, value, choices)
        if self.gamma is not None and not 0 < self.gamma < float("inf"):
            raise UsageError(f"--gamma is {self.gamma:g}, wanted a number above 0", "pass 1")
        if self.epoch is not None and not 1 <= self.epoch[0] <= self.epoch[1]:
            raise UsageError(f"--epoch {self.epoch[0]}/{self.epoch[1]} is outside the epochs", "count from 1")
        if self.ramp == "exponential" and self.span is not None and min(self.span) <= 0:
            raise UsageError("--ramp exponential needs a range above 0", "pass --epsilon 0.01:0.1")


@dataclass(frozen=True)
class RecipeFlags:
    """How labels are to be smoothed, before the classes are known."""

    epsilon: EpsilonRule = field(default_factory=EpsilonRule)
    rule: Rule | None = None
    weights: SpreadWeights = field(default_factory=SpreadWeights)
    exclude: tuple[str, ...] = ()
    predictions: Literal["auto", "logits", "probs", "logprobs"] = "auto"
    like: Convention | None = None
    pad: str | None = None

    def files(self) -> list[object]:
        """The files that flags name, which are inputs and never overwritten."""
        epsilon, weights = self.epsilon, self.weights
        return [
            *(epsilon.per_class, epsilon.adaptive, epsilon.conditional, weights.prior, weights.hierarchy),
            *(weights.similarity, weights.confusion, weights.online),
        ]

    def rule_for(self, kind: LabelKind) -> Rule:
        """Return the rule that labels of a kind get."""
        sources = self.weights.sources()
        if self.rule is None:
            if kind == "multilabel" and sources and sources != ["--hierarchy"]:
                message = f"{sources[0]} spreads one unit of mass, and multilabel rows have none"
                raise UsageError(message, "pass --spread all if that is meant")
            return "half" if kind == "multilabel" else "all"
        if self.rule == "others" and kind == "multilabel":
            raise UsageError(
                "--spread others does not go with --labels multilabel: no single class is the true one",
                "pass --spread half, flip or all",
            )
        if (
            self.rule in PER_LABEL
            and sources
            and not (self.rule == "half" and kind == "multilabel" and sources == ["--hierarchy"])
        ):
            message = (
                f"{sources[0]} does not go with --spread {self.rule}, which spreads to each label on its own"
            )
            raise UsageError(message, "pass --spread all or --spread others")
        return self.rule

    def check_kind(self, kind: LabelKind, *, told: bool = False) -> None:
        """Raise for rules that need one class a row on labels without; `told` by the data, not by a flag."""
        if self.like is not None:
            from lsmooth.conventions.fixed import check_labels  # noqa: PLC0415 - all conventions, with --like

            check_labels(self.like, kind, told=told)
        if kind in ("index", "name"):
            return
        one_class = [
            flag
            for flag in self.epsilon.one_class_rules()
            if not (flag == "--per-class" and kind == "multilabel")
        ]
        one_class += [flag for flag in self.weights.sources() if flag in ("--online", "--confusion")]
        if kind == "multilabel":
            one_class += [flag for flag in ("--adaptive", "--conditional") if flag in self.epsilon.rules()]
        if one_class:
            hint = (
                "pass a constant, --per-class, --epsilon-column, --epsilon-by or --epoch"
                if kind == "multilabel"
                else "pass hard labels"
            )
            kind_of_error = LsmoothError if told else UsageError
            raise kind_of_error(f"{one_class[0]} needs one class a row, and the labels are {kind}", hint)

    def check(self, kind: LabelChoice, classes: int | None, *, sweep: bool = False) -> None:
        """Raise UsageError for what is wrong before the labels are read."""
        self.epsilon.check()
        self.weights.check()
        check_given_names(self.exclude, "--exclude")
        if sweep and self.epsilon.rules():
            raise UsageError(
                f"--epsilon is a sweep, and {self.epsilon.rules()[0]} chooses epsilon", "drop one of them"
            )
        if self.rule is not None:
            check_choice("--spread", self.rule, RULES)
        if self.rule == "others" and classes == 1:
            message = "--spread others needs at least 2 classes, --classes says 1"
            raise UsageError(message, "pass --spread all, or --classes 2")
        if kind != "auto":
            self.rule_for(kind)
            self.check_kind(kind)
        elif self.rule in PER_LABEL and self.weights.sources() not in (
            [],
            ["--hierarchy"] if self.rule == "half" else [],
        ):
            self.rule_for("index")


def recipe_flags(
    epsilon: float | EpsilonRule | None,
    spread: Rule | None,
    spread_by: SpreadWeights | None,
    prior: GivenMap | None,
    exclude: Sequence[str | int],
    predictions: Literal["auto", "logits", "probs", "logprobs"],
    like: str | Convention | None = None,
    pad: str | int | None = None,
) -> RecipeFlags:
    """Return the flags that arguments of the library stand for."""
    if spread_by is not None and prior is not None:
        raise UsageError("prior and spread_by are both weights to spread by", "pass one of them")
    rule = epsilon if isinstance(epsilon, EpsilonRule) else EpsilonRule(epsilon)
    weights = spread_by or SpreadWeights(prior)
    convention: Convention | None
    if isinstance(like, str):
        from lsmooth.conventions import find_convention  # noqa: PLC0415 - all of them, where one is asked for

        convention = find_convention(like)
    else:
        convention = like
    padding = None if pad is None else str(pad)
    return RecipeFlags(rule, spread, weights, tuple(map(str, exclude)), predictions, convention, padding)
