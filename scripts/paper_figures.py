"""Makes the paper's Figure 2, Figure 3 and Table 1 for a trained model."""

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
        help="model directory",
    )
    arguments.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="DIR",
        help="prepared corpus; inputs are drawn from its validation split",
    )
    arguments.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="receives PNG, JSON and Markdown files",
    )
    arguments.add_argument(
        "--stage", help="stage of the figures; the last one by default"
    )
    arguments.add_argument(
        "--inputs",
        type=positive_int,
        default=1_000,
        metavar="N",
        help="random inputs of Figure 3",
    )
    arguments.add_argument(
        "--utterances",
        type=Path,
        metavar="FILE",
        help="text file, an utterance a line, for Table 1 instead of the "
        "paper's five",
    )
    return arguments


def main() -> None:
    options = _arguments().parse_args()

    # TensorFlow takes seconds to import: after the arguments are checked.
    import_tensorflow()
    from keras_dialgan import evaluation
    from keras_dialgan.corpus import PreparedCorpus
    from keras_dialgan.training import ModelDirectory
    from keras_dialgan.training.probe import TABLE_1_UTTERANCES

    utterances = list(TABLE_1_UTTERANCES)
    if options.utterances:
        utterances = evaluation.read_utterances(options.utterances)
    made = evaluation.make_paper_figures(
        ModelDirectory(options.model),
        PreparedCorpus(options.corpus),
        options.output,
        utterances,
        options.stage,
        options.inputs,
    )
    measured = made["figure_3"]
    print(
        f"Figure 3: nearest-neighbour rate over {measured['tokens']:,} tokens,"
        f" {measured['distinct_tokens']:,} of them distinct\n"
    )
    print(evaluation.rates_table(measured))
    print(f"\nTable 1\n\n{evaluation.as_markdown(made['table_1'])}")
    print(f"\nfigures written to {options.output}")


if __name__ == "__main__":
    run(main)
