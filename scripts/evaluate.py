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
        help="second model directory, its last stage measured beside",
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
    report = evaluation.evaluate(
        directory,
        PreparedCorpus(options.corpus),
        TABLE_1_UTTERANCES,
        ModelDirectory(options.baseline) if options.baseline else None,
        options.inputs,
        progress=lambda message: print(f"measuring {message}", flush=True),
    )
    print(f"\n{report['inputs']:,} held-out inputs, greedy decoding\n")
    print(evaluation.metrics_table(report))
    print("\nresponses (the paper's five utterances, then the first inputs)\n")
    print(evaluation.responses_table(report))
    if options.report:
        write_json(options.report, report)
        print(f"\nreport written to {options.report}")
    if options.plot:
        evaluation.plot_training(directory, options.plot)
        print(f"plot written to {options.plot}")


if __name__ == "__main__":
    run(main)
