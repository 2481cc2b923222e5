"""Compares settings over several seeds: trains, evaluates, adds up."""

import argparse
from pathlib import Path

from keras_dialgan.config import PRESETS
from keras_dialgan.scripting import (
    import_tensorflow,
    natural_int,
    parser,
    positive_int,
    run,
)


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="DIR",
        help="prepared corpus with word vectors",
    )
    arguments.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="receives a directory for each run; start again with the same "
        "to go on",
    )
    arguments.add_argument(
        "--preset", choices=PRESETS, required=True, help="of all runs"
    )
    arguments.add_argument(
        "--vary",
        nargs="+",
        action="extend",
        required=True,
        metavar="NAME:SECTION.KEY=VALUE,...",
        help="what the runs differ in; a name alone is the preset itself",
    )
    arguments.add_argument(
        "--seeds",
        type=natural_int,
        nargs="+",
        default=[1, 2, 3],
        metavar="N",
        help="of the runs of each variation",
    )
    arguments.add_argument(
        "--set",
        dest="overrides",
        nargs="+",
        action="extend",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="settings of all runs that replace the preset's",
    )
    arguments.add_argument(
        "--inputs",
        type=positive_int,
        default=1_000,
        metavar="N",
        help="held-out pairs of the evaluation",
    )
    arguments.add_argument(
        "--judges",
        action="store_true",
        help="measure relevance and adversarial success, too",
    )
    arguments.add_argument(
        "--frontier",
        action="store_true",
        help="place each run against the frontier of its own stage A",
    )
    return arguments


def main() -> None:
    options = _arguments().parse_args()

    # TensorFlow takes seconds to import: after the arguments are checked.
    import_tensorflow()
    from keras_dialgan import evaluation
    from keras_dialgan.files import atomic_write, write_json

    results = evaluation.run_study(
        evaluation.Study(
            corpus=options.corpus,
            output=options.output,
            preset=options.preset,
            variations=list(map(evaluation.parse_variation, options.vary)),
            seeds=options.seeds,
            overrides=options.overrides,
            inputs=options.inputs,
            frontier=options.frontier,
            judges=options.judges,
            scripts=Path(__file__).parent,
        ),
        progress=lambda message: print(message, flush=True),
    )
    table = evaluation.study_table(results)
    print(
        f"\n{len(options.seeds)} seeds, greedy decoding; A after MLE, D final"
    )
    print("(behind ±: standard error over the seeds; ±inputs: over the inputs)")
    print(f"\n{table}")
    write_json(options.output / "study.json", results)
    with atomic_write(options.output / "study.txt") as file:
        file.write(f"{table}\n")
    evaluation.plot_study(results, options.output / "study.png")
    print(f"\nstudy.json, study.txt and study.png written to {options.output}")


if __name__ == "__main__":
    run(main)
