"""Trains a dialogue model: MLE, discriminator, adversarial iterations."""

import argparse
import dataclasses
from pathlib import Path

from keras_dialgan.config import PRESETS, load_preset
from keras_dialgan.scripting import (
    import_tensorflow,
    natural_int,
    parser,
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
        help="model directory to write",
    )
    arguments.add_argument(
        "--preset", choices=PRESETS, required=True, help="sizes and recipe"
    )
    arguments.add_argument(
        "--set",
        dest="overrides",
        nargs="+",
        action="extend",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="settings that replace the preset's",
    )
    arguments.add_argument(
        "--strategy",
        choices=("auto", "one_device", "mirrored", "multi_worker"),
        default="auto",
        help="tf.distribute strategy",
    )
    arguments.add_argument(
        "--resume",
        action="store_true",
        help="continue from the newest checkpoint in --output",
    )
    arguments.add_argument(
        "--pretrained",
        type=Path,
        metavar="DIR",
        help="begin with stage mle of this model directory instead of "
        "pre-training the generator; on the same corpus, at the same sizes",
    )
    arguments.add_argument(
        "--seed", type=natural_int, help="instead of training.seed"
    )
    return arguments


def main() -> None:
    options = _arguments().parse_args()
    if options.seed is not None:
        options.overrides.append(f"training.seed={options.seed}")
    config = load_preset(options.preset, options.overrides)

    # After the cheap checks: TensorFlow takes seconds to import.
    import_tensorflow()
    from keras_dialgan.corpus import PreparedCorpus
    from keras_dialgan.training import get_strategy, train

    corpus = PreparedCorpus(options.corpus)
    for section, keys in dataclasses.asdict(config).items():
        values = ", ".join(f"{key}={value}" for key, value in keys.items())
        print(f"{section}: {values}")
    directory = train(
        config,
        corpus,
        options.output,
        get_strategy(options.strategy),
        options.resume,
        options.pretrained,
    )
    print(f"stages {', '.join(directory.stages)} saved in {directory.path}")


if __name__ == "__main__":
    run(main)
