"""What smoothing does to a model: measured on one that is trained while you wait."""

from __future__ import annotations

import math

from lsmooth.lessons.experiment import FEATURES, ROWS, TEST_ROWS, Outcome, run
from lsmooth.lessons.given import epsilon_of
from lsmooth.lessons.model import Cell, Numbers, Series, Table, Worked, number

EPSILONS = (0.0, 0.05, 0.1, 0.2)


def effect(numbers: Numbers) -> Worked:
    """The experiment, side by side over ε."""
    noise, classes, seed = setting(numbers)
    epsilons = EPSILONS if numbers.epsilon is None else tuple(sorted({*EPSILONS, epsilon_of(numbers, 0.1)}))
    outcomes = [run(noise, classes, seed, epsilon) for epsilon in epsilons]
    hard, best = outcomes[0], max(outcomes, key=lambda outcome: outcome.test_accuracy)
    calibrated = min(outcomes, key=lambda outcome: outcome.ece)
    last = outcomes[-1]
    measures: dict[str, list[float]] = {
        "training accuracy": [outcome.train_accuracy for outcome in outcomes],
        "wrong labels learnt": [outcome.memorised for outcome in outcomes],
        "test accuracy": [outcome.test_accuracy for outcome in outcomes],
        "training loss": [outcome.train_loss for outcome in outcomes],
        "  above its floor": [outcome.excess for outcome in outcomes],
        "test loss, hard labels": [outcome.test_loss for outcome in outcomes],
        "mean confidence": [outcome.confidence for outcome in outcomes],
        "ECE": [outcome.ece for outcome in outcomes],
        "largest logit gap": [outcome.gap for outcome in outcomes],
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *values) for name, values in measures.items() if not any(map(math.isnan, values))
    )
    return Worked(
        inputs=(*_inputs(noise, classes, seed), ("rows", f"{ROWS} to learn from, {TEST_ROWS} to test on")),
        parts=(
            Table(
                "Side by side", ("measured", *(f"ε = {epsilon:.6g}" for epsilon in epsilons)), rows, digits=3
            ),
            _series("Test accuracy", "accuracy", outcomes, "test_accuracy"),
            _series("Mean confidence", "confidence", outcomes, "confidence"),
            _series("ECE, the lower the better", "ECE", outcomes, "ece"),
        ),
        notice=(
            _compare("Test accuracy", hard.test_accuracy, last.test_accuracy, last.epsilon)
            + f" The highest is at ε = {best.epsilon:.6g}.",
            _compare("Mean confidence", hard.confidence, last.confidence, last.epsilon)
            + " The logit gap that the target asks for is finite as soon as ε > 0.",
            (
                f"Calibration is best at ε = {calibrated.epsilon:.6g} (ECE {number(calibrated.ece, 3)}). At"
                f" ε = {last.epsilon:.6g} the model is {_lean(last)}."
            ),
            (
                "The test labels are all right. Training losses of different ε have different floors, so"
                " compare them above the floor; test losses compare as they are."
            ),
            (
                f"One small linear model on synthetic clouds of {FEATURES} features: it shows what can"
                " happen, not what always does. Try another --seed; --noise 0 is clean data."
            ),
        ),
        commands=(_LOSS,),
    )


def calibration(numbers: Numbers) -> Worked:
    """A reliability diagram before and after."""
    noise, classes, seed = setting(numbers)
    epsilon = epsilon_of(numbers, 0.1)
    before, after = (run(noise, classes, seed, each) for each in (0.0, epsilon))
    clean, smoothed = (run(0.0, classes, seed, each) for each in (0.0, EPSILONS[-1]))
    summary: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"ε = {outcome.epsilon:.6g}, noise {share:.6g}",
            outcome.confidence,
            outcome.test_accuracy,
            outcome.ece,
            outcome.reliability.mce,
        )
        for share, outcome in ((noise, before), (noise, after), (0.0, clean), (0.0, smoothed))
    )
    columns = ("model", "confidence", "accuracy", "ECE", "MCE")
    return Worked(
        inputs=(("ε", f"{epsilon:.6g}"), *_inputs(noise, classes, seed)),
        parts=(
            _diagram("Before: hard labels", before),
            _diagram(f"After: ε = {epsilon:.6g}", after),
            _gaps("Before: confidence in each bin", before),
            _gaps(f"After, ε = {epsilon:.6g}: confidence in each bin", after),
            Table("In one number each", columns, summary, digits=3),
        ),
        notice=(
            (
                "A calibrated model is right as often as it says: confidence and accuracy agree in every bin."
                " ECE is the mean gap, weighted by rows."
            ),
            (
                f"With noise {noise:.6g}, hard labels leave the model {_lean(before)}, ε = {epsilon:.6g}"
                f" {_lean(after)}; ECE goes from {number(before.ece, 3)} to {number(after.ece, 3)}."
            ),
            (
                f"On clean data ε = {smoothed.epsilon:.6g} takes ECE from {number(clean.ece, 3)} to"
                f" {number(smoothed.ece, 3)}: the model is {_lean(smoothed)}."
            ),
            (
                "The documents contradict each other: 000 and 001 promise better calibration, 002 lists"
                " 'reduced confidence calibration' among the drawbacks. Which one comes true depends on the ε"
                " and on the data."
            ),
        ),
        commands=(_LOSS,),
    )


#: Three predictions, all right; --report shows confidence, ECE and the floor.
_LOSS = (
    "printf '3,0,1\\n0,2,1\\n0,1,4\\n' > logits.csv; printf '0\\n1\\n2\\n' > labels.csv;"
    " lsmooth loss logits.csv labels.csv -e 0.1 --report"
)


def setting(numbers: Numbers) -> tuple[float, int, int]:
    """Return noise, K and seed; by default 0.2, 5 and 0."""
    noise = 0.2 if numbers.noise is None else numbers.noise
    return noise, 5 if numbers.classes is None else numbers.classes, numbers.seed or 0


def _inputs(noise: float, classes: int, seed: int) -> tuple[tuple[str, str], ...]:
    return ("wrong labels", f"{noise:.6g}"), ("K", str(classes)), ("seed", str(seed))


def _series(title: str, name: str, outcomes: list[Outcome], field: str) -> Series:
    points = tuple((f"{outcome.epsilon:.6g}", float(getattr(outcome, field))) for outcome in outcomes)
    return Series(title, "ε", name, points, digits=3)


def _compare(what: str, before: float, after: float, epsilon: float) -> str:
    verb = "rises" if after > before else "falls" if after < before else "stays"
    return f"{what} {verb} from {number(before, 3)} at ε = 0 to {number(after, 3)} at ε = {epsilon:.6g}."


def _lean(outcome: Outcome) -> str:
    gap = outcome.confidence - outcome.test_accuracy
    return f"{'over' if gap > 0 else 'under'}-confident by {number(abs(gap), 3)}"


def _bins(outcome: Outcome) -> list[tuple[str, int, float, float]]:
    """Return range, rows, mean confidence and accuracy of each bin that is not empty."""
    seen = outcome.reliability
    return [
        (
            f"{b / seen.bins:.2f}-{(b + 1) / seen.bins:.2f}",
            int(seen.rows[b]),
            float(seen.confidence[b] / seen.rows[b]),
            float(seen.hits[b] / seen.rows[b]),
        )
        for b in range(seen.bins)
        if seen.rows[b]
    ]


def _diagram(title: str, outcome: Outcome) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (span, rows, confidence, accuracy, confidence - accuracy)
        for span, rows, confidence, accuracy in _bins(outcome)
    )
    return Table(title, ("bin", "rows", "confidence", "accuracy", "gap"), rows, digits=3, bar=3)


def _gaps(title: str, outcome: Outcome) -> Series:
    points = tuple((span, confidence) for span, _, confidence, _ in _bins(outcome))
    return Series(title, "bin", "confidence", points, digits=3)
