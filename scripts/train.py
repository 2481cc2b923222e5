"""Trains a dialogue model: MLE, discriminator, adversarial iterations."""

import argparse
import dataclasses
import sys
from pathlib import Path

from keras_dialgan.config import PRESETS, load_preset
from keras_dialgan.scripting import non_negative_int, run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="DIR",
        help="prepared corpus with word vectors",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="model directory to write",
    )
    parser.add_argument(
        "--preset", choices=PRESETS, required=True, help="sizes and recipe"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        nargs="+",
        action="extend",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="settings that replace the preset's",
    )
    parser.add_argument(
        "--strategy",
        choices=("auto", "one_device", "mirrored", "multi_worker"),
        default="auto",
        help="tf.distribute strategy",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue from the newest checkpoint in --output",
    )
    parser.add_argument(
        "--seed", type=non_negative_int, help="instead of training.seed"
    )
    return parser


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    if options.seed is not None:
        options.overrides.append(f"training.seed={options.seed}")
    config = load_preset(options.preset, options.overrides)

    # After the cheap checks: TensorFlow takes seconds to import.
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
    )
    print(f"stages {', '.join(directory.stages)} saved in {directory.path}")


if __name__ == "__main__":
    sys.exit(run(main))
