"""What a trained model's responses are like."""

from keras_dialgan.evaluation.aggregation import aggregate
from keras_dialgan.evaluation.fresh_evaluator import EvaluatorRecipe
from keras_dialgan.evaluation.frontier import model_frontier
from keras_dialgan.evaluation.frontier_plot import plot_frontier
from keras_dialgan.evaluation.held_out import (
    HeldOutPairs,
    check_vocabulary,
    evaluated_pairs,
    held_out_pairs,
    judges_pairs,
    respond,
)
from keras_dialgan.evaluation.matcher_training import (
    MatcherRecipe,
    get_matcher,
)
from keras_dialgan.evaluation.paper_figures import (
    make_paper_figures,
    rates_table,
)
from keras_dialgan.evaluation.pictures import (
    image_to_tensorboard,
    text_to_tensorboard,
)
from keras_dialgan.evaluation.plots import plot_training
from keras_dialgan.evaluation.report import evaluate
from keras_dialgan.evaluation.study import (
    Study,
    Variation,
    parse_variation,
    run_study,
)
from keras_dialgan.evaluation.study_results import plot_study, study_table
from keras_dialgan.evaluation.table_1 import as_markdown, read_utterances
from keras_dialgan.evaluation.tables import (
    frontier_table,
    metrics_table,
    responses_table,
)

__all__ = [
    "EvaluatorRecipe",
    "HeldOutPairs",
    "MatcherRecipe",
    "Study",
    "Variation",
    "aggregate",
    "as_markdown",
    "check_vocabulary",
    "evaluate",
    "evaluated_pairs",
    "frontier_table",
    "get_matcher",
    "held_out_pairs",
    "image_to_tensorboard",
    "judges_pairs",
    "make_paper_figures",
    "metrics_table",
    "model_frontier",
    "parse_variation",
    "plot_frontier",
    "plot_study",
    "plot_training",
    "rates_table",
    "read_utterances",
    "respond",
    "responses_table",
    "run_study",
    "study_table",
    "text_to_tensorboard",
]
