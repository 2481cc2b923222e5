"""Writes a trained model as a SavedModel for TensorFlow Serving.

The graph takes raw text and returns text. A server that watches --output
serves the new version as soon as it is complete.
"""

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
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of versions; the next number is written there",
    )
    arguments.add_argument(
        "--stage",
        metavar="NAME",
        help="stage to export: mle, after_mle, after_adversarial, final "
        "(default: the last one)",
    )
    arguments.add_argument(
        "--fill-tags",
        choices=["on", "off"],
        default="on",
        help="whether <person>, <place> and <number> in a response become "
        "the user's names, places and numbers or neutral words",
    )
    arguments.add_argument(
        "--beam-width",
        type=positive_int,
        default=5,
        metavar="N",
        help="hypotheses of the signature 'beam', at most 100",
    )
    return arguments


def main() -> None:
    arguments = _arguments()
    options = arguments.parse_args()
    if options.beam_width > 100:
        arguments.error("argument --beam-width: 100 hypotheses at most")

    # TensorFlow takes seconds to import: after the arguments are checked.
    import_tensorflow()
    from keras_dialgan.scripting import print_table
    from keras_dialgan.serving.model_card import describe_tagging
    from keras_dialgan.serving.saved_model import export_saved_model
    from keras_dialgan.training import ModelDirectory

    print("tracing and writing the graph", flush=True)
    version = export_saved_model(
        options.model,
        options.output,
        options.stage,
        options.fill_tags == "on",
        options.beam_width,
    )
    size = sum(f.stat().st_size for f in version.rglob("*") if f.is_file())
    print_table(
        f"exported to {version}",
        [
            ("size", f"{size / 2**20:.1f} MB"),
            ("signatures", "serving_default, beam, sample"),
            ("entities", describe_tagging(ModelDirectory(options.model))),
        ],
    )


if __name__ == "__main__":
    run(main)
