"""How each golden number is reached, and why some are not."""

from __future__ import annotations

from kits.golden import (
    HOT,
    LOGITS_32,
    MASKED,
    PROBS,
    PROBS_32,
    ROW_1_IGNORED,
    SIGMOIDS,
    UNNORMALISED,
    Cell,
    Run,
    weighted,
)

MULTILABEL = {"kind": "multilabel"}
AS_PROBS = {"predicted": "probs"}
SMOOTHED = "0.1 0.3"

RUNS = [
    Run(
        "torch CE index",
        "torch tf1 timm huggingface allennlp gluon sockeye apex flash-attn liger tinygrad composer optax"
        " keras tensorflow fairseq-old opennmt3 marian speechbrain mmpretrain mindspore burn smp paddle mlx",
    ),
    Run("torch CE index", "sklearn", predictions=PROBS, epsilons="0.0"),
    Run("torch CE index + weight", "torch liger mindspore", "mean sum per", flags=weighted()),
    Run(
        "torch CE index + weight",
        "sklearn",
        "mean sum per",
        predictions=PROBS,
        flags=weighted(),
        epsilons="0.0",
    ),
    Run("torch CE prob", "torch-soft torch-prob tf1 mlx tinygrad composer mmpretrain", labels=HOT),
    Run("torch CE prob + weight", "torch-soft", labels=HOT, flags=weighted()),
    Run("torch CE prob + weight", "mmpretrain", flags=weighted()),
    Run(
        "torch CE index ignore(row1)",
        "torch huggingface flash-attn liger mindspore",
        labels=ROW_1_IGNORED,
    ),
    Run(
        "torch CE index ignore(row1) + weight", "torch liger", "mean", labels=ROW_1_IGNORED, flags=weighted()
    ),
    Run("torch CE index float32", "torch", predictions=LOGITS_32, single="mean per"),
    Run("torch KLDivLoss over-K targets", "torch-kl", "batchmean per"),
    Run("torch KLDivLoss over-K targets", "torch-kl", "batchmean per", labels=HOT),
    Run("torch BCEWithLogits binary-half targets", "torch-bce yolo keras-bce"),
    Run("torch BCEWithLogits binary-half targets", "torch-bce yolo", labels=HOT, flags=MULTILABEL),
    Run("timm LabelSmoothingCrossEntropy", "timm"),
    Run(
        "timm BinaryCrossEntropy (over-K targets, mean over N*K)",
        "timm-bce burn-bce",
        "mean per sum_classes",
    ),
    Run(
        "timm BinaryCrossEntropy (over-K targets, mean over N*K)",
        "burn-bce",
        labels=HOT,
        flags=MULTILABEL,
    ),
    Run("fairseq >=2021-02 eps/(K-1)", "fairseq", "sum mean per"),
    Run("fairseq <2021-02 eps/K", "fairseq-old opennmt3 marian", "sum mean per"),
    Run("fairseq >=2021-02 ignore_index=2 (row1 padded)", "fairseq", "sum per", flags={"pad": 2}),
    Run(
        "OpenNMT-py<=2 LabelSmoothingLoss pad=0 V=3 (KL,float32)",
        "opennmt",
        "sum per",
        flags={"pad": 0},
        single="sum per",
        epsilons=SMOOTHED,
    ),
    Run(
        "Annotated Transformer pad=0 V=3 (KL,f64)",
        "annotated joeynmt opennmt",
        "sum targets per",
        flags={"pad": 0},
    ),
    Run("JoeyNMT XentLoss pad=0 V=3 (KL)", "joeynmt", "sum per", flags={"pad": 0}, single="sum per"),
    Run("SpeechBrain nll_loss", "speechbrain", "mean"),
    Run("SpeechBrain nll_loss + weight", "speechbrain", "mean", flags=weighted()),
    Run(
        "SpeechBrain kldiv_loss pad=2 'mean' (==sum)",
        "speechbrain-kl",
        "mean sum",
        flags={"pad": 2},
        epsilons=SMOOTHED,
        sums=True,
    ),
    Run("SpeechBrain kldiv_loss pad=-1 (no pad) 'batchmean'", "speechbrain-kl", "batchmean"),
    Run("WeNet/ESPnet LabelSmoothingLoss pad=-1 normalize_length (KL)", "wenet espnet"),
    Run("segmentation_models.pytorch SoftCE ignore=-100", "smp", "mean"),
    Run(
        "segmentation_models.pytorch SoftCE ignore row1 (divides by all N)",
        "smp",
        "mean",
        labels=ROW_1_IGNORED,
    ),
    Run("smp SoftBCE (flip eps) one-hot", "smp-bce", "mean"),
    Run(
        "smp SoftBCE (flip eps) one-hot",
        "smp-bce mmpretrain-multilabel",
        "mean",
        labels=HOT,
        flags=MULTILABEL,
    ),
    Run("NeMo SmoothedCrossEntropyLoss pad=-1", "nemo"),
    Run("Megatron-LM vocab_parallel (formula, TP=1)", "megatron fairseq"),
    Run("HF LabelSmoother (f64 logits; smooth sum in float32)", "huggingface hf", "mean", single="mean"),
    Run("HF LabelSmoother ignore row1", "huggingface", "mean", labels=ROW_1_IGNORED, single="mean"),
    Run(
        "mmpretrain LabelSmoothLoss original (formula; label.float() => f32 in practice)",
        "mmpretrain",
        "mean per targets",
    ),
    Run(
        "mmpretrain LabelSmoothLoss classy_vision (formula; label.float() => f32 in practice)",
        "classy",
        "mean per targets",
    ),
    Run(
        "mmpretrain LabelSmoothLoss multi_label (formula; label.float() => f32 in practice)",
        "mmpretrain-multilabel mm-multilabel",
        "mean per targets",
        labels=HOT,
        flags=MULTILABEL,
        single="mean per targets",
    ),
    Run(
        "ClassyVision label_smoothing_cross_entropy (float32 targets)",
        "classy",
        "mean per targets",
        single="mean per targets",
    ),
    Run("keras CategoricalCrossentropy logits f64", "keras tensorflow", labels=HOT, single="mean"),
    Run("keras CategoricalCrossentropy probs f64", "keras", predictions=PROBS, labels=HOT, single="mean"),
    Run(
        "keras CategoricalCrossentropy unnormalised probs (2.5*P; row3=[0,1,0]) f64",
        "keras",
        predictions=UNNORMALISED,
        labels=HOT,
        flags=AS_PROBS,
        single="mean",
    ),
    Run("keras CategoricalFocalCrossentropy logits f64", "keras-focal", labels=HOT, single="mean"),
    Run("keras BinaryCrossentropy logits f64", "keras-bce", single="mean per"),
    Run("keras BinaryCrossentropy logits f64", "keras-bce", labels=HOT, flags=MULTILABEL, single="mean per"),
    Run(
        "keras BinaryCrossentropy sigmoid-probs f64",
        "keras-bce",
        predictions=SIGMOIDS,
        labels=HOT,
        flags=MULTILABEL | AS_PROBS,
        single="mean per",
    ),
    Run(
        "keras CCE logits sample_weight=w[y], sum_over_batch_size",
        "keras tf1 mlx",
        "mean mean_with_sw",
        flags=weighted(),
        single="mean mean_with_sw",
    ),
    Run(
        "keras CategoricalCrossentropy logits float32 (default)",
        "keras",
        predictions=LOGITS_32,
        single="mean per",
    ),
    Run(
        "keras CategoricalCrossentropy probs float32 (default)",
        "keras",
        predictions=PROBS_32,
        single="mean per",
    ),
    Run("optax smooth_labels + softmax_cross_entropy f64", "optax", "mean per targets", labels=HOT),
    Run("optax float32", "optax", predictions=LOGITS_32, labels=HOT, single="mean per"),
    Run("optax safe_softmax_cross_entropy f64", "optax", "per", labels=HOT),
    Run("optax sigmoid_binary_cross_entropy binary-half f64", "torch-bce yolo", "mean"),
    Run(
        "optax softmax_ce -inf logit row0", "optax", "per", predictions=MASKED, labels=HOT, epsilons=SMOOTHED
    ),
    Run("optax safe_softmax_ce -inf logit row0", "optax torch", "per", predictions=MASKED),
    Run(
        "T5X compute_weighted_cross_entropy z_loss=0 (sum; f64 logits, float32 soft targets)",
        "t5x flax",
        "sum per",
        single="sum per",
    ),
    Run(
        "T5X compute_weighted_cross_entropy z_loss=0.0001 (sum; f64 logits, float32 soft targets)",
        "t5x",
        "sum per",
        single="sum per",
        z_loss=1e-4,
    ),
    Run(
        "tensor2tensor/flax-wmt smoothing_cross_entropy (f64 formula)",
        "tensor2tensor t2t flax t5x",
        "sum mean per",
    ),
    Run("scenic weighted_softmax_cross_entropy f64 (denominator N+1e-8)", "scenic", "mean"),
    Run("scenic label_weights=w f64", "scenic", "mean", flags=weighted()),
    Run("MindSpore ops.cross_entropy index (formula)", "mindspore-old mindspore"),
    Run("MindSpore index + weight (smooth term unweighted, /N)", "mindspore-old", flags=weighted()),
    Run(
        "MindSpore index ignore row1 (smooth term / N incl ignored)",
        "mindspore-old",
        labels=ROW_1_IGNORED,
    ),
    Run("Burn CrossEntropy (formula)", "burn", "mean"),
    Run("Burn + weight", "burn", "mean", flags=weighted()),
    Run("Burn pad=2 (row1 masked but still counted)", "burn", "mean", flags={"pad": 2}),
    Run("Burn pad=2 + weight", "burn", "mean", flags=weighted(pad=2)),
    Run(
        "Paddle F.label_smooth f64 label (eps is float32 in kernel)",
        "paddle",
        "mean per targets",
        labels=HOT,
        single="mean per targets",
    ),
    Run("MLX nn.losses.cross_entropy (f64 formula)", "mlx"),
    # not shifted, it cancels: 4 ulp off the exact value itself, 1.75151898664919416
    Run("flash-attn / Liger / apex form lse-e*mean(x)-(1-e)x_y (f64)", "flash-attn liger apex", within=8),
]
ANY = "*"

#: Cells that no convention gives, and why: {(row, ε, key): reason}, where * is any.
UNREACHED: dict[Cell, str] = {
    ("torch KLDivLoss over-K targets", ANY, "mean"): "'mean' divides by N·K, which torch itself deprecates",
    ("timm mixup_target lam=0.7 -> SoftTargetCrossEntropy (float32 targets)", ANY, ANY): (
        "the labels of two rows mixed: soft labels, and no convention of smoothing"
    ),
    ("OpenNMT-py<=2 LabelSmoothingLoss pad=0 V=3 (KL,float32)", "0.0", "error"): "asserts that ε is above 0",
    ("OpenNMT-py<=2 default ignore_index=-100 V=3", ANY, "error"): "fails by its own default: pad is needed",
    ("SpeechBrain kldiv_loss pad=2 'mean' (==sum)", "0.0", ANY): (
        "ε = 0 falls through to nll_loss, which pads nothing and does not sum"
    ),
    ("WeNet/ESPnet pad=-1 batch=2 seq=2 (divide by batch)", ANY, ANY): (
        "divides by sequences, and rows do not say of which sequence they are"
    ),
    ("keras BinaryFocalCrossentropy logits f64", ANY, ANY): "no convention of the list",
    ("keras KLDivergence on over-K targets f64", ANY, ANY): (
        "no convention of the list: clips the targets too, so that KL(t‖t) of a hard label is not 0"
    ),
    ("optax softmax_ce -inf logit row0", "0.0", "per"): "0·(-inf) is NaN there, and 0 here",
    ("optax where= excludes class2 of row0", ANY, ANY): "classes masked row by row, not of a convention",
    ("fairseq 2017-09 LabelSmoothedNLLLoss pad=0 (formula, historic bug)", ANY, ANY): (
        "a fault, mended in 2018: the mass is 1+ε/(K-1)"
    ),
    ("ConvE bug (1-e)y+1/K", ANY, ANY): "a fault: the mass is 2-ε",
}
