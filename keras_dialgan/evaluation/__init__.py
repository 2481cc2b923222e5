"""What a trained model's responses are like."""

from keras_dialgan.evaluation.adversarial import (
    bot_confidences,
    discriminator_accuracy,
)
from keras_dialgan.evaluation.likelihood import perplexity
from keras_dialgan.evaluation.oracle import oracle_shares
from keras_dialgan.evaluation.plots import plot_training
from keras_dialgan.evaluation.report import evaluate
from keras_dialgan.evaluation.responses import (
    HeldOutPairs,
    held_out_pairs,
    respond,
)
from keras_dialgan.evaluation.tables import metrics_table, responses_table

__all__ = [
    "HeldOutPairs",
    "bot_confidences",
    "discriminator_accuracy",
    "evaluate",
    "held_out_pairs",
    "metrics_table",
    "oracle_shares",
    "perplexity",
    "plot_training",
    "respond",
    "responses_table",
]
