"""Measures the stages of a trained model on held-out pairs."""

import argparse
from pathlib import Path

from keras_dialgan.scripting import (
    import_tensorflow,
    parser,
    positive_int,
    run,
)


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="DIR",
        help="model directory; all of its stages are measured",
    )
    arguments.add_argument(
        "--baseline",
        type=Path,
        metavar="DIR",
        help="second model directory, its last stage measured beside; the "
        "frontier is that of its stage mle. Without it the baseline of the "
        "frontier is the model's own stage mle",
    )
    arguments.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="DIR",
        help="prepared corpus; its validation split is used",
    )
    arguments.add_argument(
        "--inputs",
        type=positive_int,
        default=1_000,
        metavar="N",
        help="held-out pairs to use",
    )
    arguments.add_argument(
        "--judges",
        action="store_true",
        help="also train judges: a matcher (relevance) and a fresh evaluator "
        "for each stage (adversarial success); takes minutes",
    )
    arguments.add_argument(
        "--matchers",
        type=Path,
        metavar="DIR",
        help="keeps trained matchers for later calls; the report's folder by "
        "default. Models that are compared need the same",
    )
    arguments.add_argument(
        "--matcher-pairs",
        type=positive_int,
        default=200_000,
        metavar="N",
        help="pairs that a matcher is trained on: held-out ones first, then "
        "pairs of train",
    )
    arguments.add_argument(
        "--frontier",
        type=Path,
        metavar="FILE.png",
        help="also sweep the decodings of baseline and model, and draw "
        "relevance against distinct-2; takes minutes",
    )
    arguments.add_argument(
        "--stage",
        metavar="NAME",
        help="stage of the model that is placed against the frontier; the "
        "last one by default",
    )
    arguments.add_argument(
        "--report",
        type=Path,
        metavar="FILE.json",
        help="also write everything to this file",
    )
    arguments.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="also draw the measurements made during training",
    )
    return arguments


def main() -> None:
    options = _arguments().parse_args()

    # TensorFlow takes seconds to import: after the arguments are checked.
    import_tensorflow()
    from keras_dialgan import evaluation
    from keras_dialgan.corpus import PreparedCorpus
    from keras_dialgan.files import write_json
    from keras_dialgan.training import ModelDirectory
    from keras_dialgan.training.probe import TABLE_1_UTTERANCES

    directory = ModelDirectory(options.model)
    baseline = ModelDirectory(options.baseline) if options.baseline else None
    corpus = PreparedCorpus(options.corpus)
    matcher = None
    if options.judges or options.frontier:
        matcher = _matcher(options, corpus)
    report = evaluation.evaluate(
        directory,
        corpus,
        TABLE_1_UTTERANCES,
        baseline,
        options.inputs,
        matcher,
        evaluation.EvaluatorRecipe() if options.judges else None,
        _say,
    )
    print(f"\n{report['inputs']:,} held-out inputs, greedy decoding")
    print("(behind ±: half of the 95 % interval)\n")
    print(evaluation.metrics_table(report))
    for pair, accuracy in report.get("reliability", {}).items():
        print(f"fresh evaluator, {pair.replace('_', ' ')}: {accuracy:.3f}")
    print("\nresponses (the paper's five utterances, then the first inputs)\n")
    print(evaluation.responses_table(report))
    if options.frontier:
        report["frontier"] = evaluation.model_frontier(
            directory,
            corpus,
            matcher,
            baseline,
            options.stage,
            options.inputs,
            _say,
        )
        print(f"\n{evaluation.frontier_table(report['frontier'])}")
        evaluation.plot_frontier(report["frontier"], options.frontier)
        evaluation.image_to_tensorboard(
            options.frontier, directory.path / "logs", "evaluation/frontier"
        )
        print(f"frontier drawn to {options.frontier}")
    if options.report:
        write_json(options.report, report)
        print(f"\nreport written to {options.report}")
    if options.plot:
        evaluation.plot_training(directory, options.plot)
        print(f"plot written to {options.plot}")


def _matcher(options: argparse.Namespace, corpus):
    from keras_dialgan import evaluation

    folder = options.matchers
    if folder is None and options.report:
        folder = options.report.parent
    return evaluation.get_matcher(
        corpus,
        evaluation.evaluated_pairs(corpus, options.inputs),
        folder,
        evaluation.MatcherRecipe(pairs=options.matcher_pairs),
        _say,
    )


def _say(message: str) -> None:
    print(f"measuring {message}", flush=True)


if __name__ == "__main__":
    run(main)
