"""What speech toolkits compute when they smooth labels."""

from __future__ import annotations

from lsmooth.conventions.model import Convention

SPEECH: tuple[Convention, ...] = (
    Convention(
        name="espnet",
        title="LabelSmoothingLoss, of ESPnet and of WeNet",
        spread="others",
        default_epsilon=None,
        versions="read at espnet@2f0785c9 and wenet@01546996",
        source="espnet@2f0785c9:espnet/nets/pytorch_backend/transformer/label_smoothing_loss.py;"
        " wenet@01546996:wenet/models/transformer/label_smoothing_loss.py:54-96",
        aliases=("wenet",),
        ignore="-1",
        subtract="entropy",
        notes=(
            "The mean is that of normalize_length=True; by default the sum is divided by the batch size.",
            "Recipes set ε to 0.1.",
        ),
    ),
    Convention(
        name="speechbrain",
        title="speechbrain.nnet.losses.nll_loss",
        spread="all",
        default_epsilon=0.0,
        versions="read at 9c826ef3",
        source="speechbrain@9c826ef3:speechbrain/nnet/losses.py:549-626",
        weights="target",
        log_probs=True,
        notes=(
            "The mean divides by the frames within the lengths, not by the class weights.",
            'reduction="sum" is documented, and returns a vector.',
        ),
    ),
    Convention(
        name="speechbrain-kl",
        title="speechbrain.nnet.losses.kldiv_loss",
        spread="others",
        default_epsilon=0.0,
        versions="read at 9c826ef3",
        source="speechbrain@9c826ef3:speechbrain/nnet/losses.py:760-823",
        reduction="sum",
        subtract="entropy",
        log_probs=True,
        notes=(
            'Its reduction="mean" is the sum.',
            "At ε = 0 it falls back to nll_loss, which does not leave out padding.",
            "pad_idx is 0 by default: rows of padding give 0, and the column of padding keeps its mass.",
        ),
    ),
    Convention(
        name="nemo",
        title="SmoothedCrossEntropyLoss",
        spread="others",
        default_epsilon=0.0,
        versions="read at 8cfedd72",
        source="NeMo@8cfedd72:nemo/collections/common/losses/smoothed_cross_entropy.py:63-111",
        plus=1e-6,
        log_probs=True,
        notes=(
            "The mean divides by the tokens not masked, plus 1e-6.",
            "SmoothedNLLLoss, beside it, is that of speechbrain.",
        ),
    ),
)
