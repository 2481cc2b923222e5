"""Measures speed and memory of training and generation."""

import argparse
from pathlib import Path

from keras_dialgan.files import write_json
from keras_dialgan.scripting import (
    import_tensorflow,
    parser,
    positive_int,
    progress_bar,
    run,
)


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--preset",
        choices=("small", "paper"),
        default="small",
        help="sizes of the models",
    )
    arguments.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="SECTION",
        help="sections to measure instead of all",
    )
    arguments.add_argument(
        "--rounds",
        type=positive_int,
        default=15,
        help="calls of each function, at most; medians are shown",
    )
    arguments.add_argument(
        "--seconds",
        type=positive_int,
        default=40,
        help="time for a section, after which no further round begins",
    )
    arguments.add_argument(
        "--text",
        type=Path,
        metavar="PATH",
        help="a file of raw dialogues for the sections about corpora; "
        "without it the built-in small talk",
    )
    arguments.add_argument(
        "--report", type=Path, metavar="FILE.json", help="also write as JSON"
    )
    arguments.add_argument(
        "--profile",
        type=Path,
        metavar="DIR",
        help="write a TensorBoard profile of a step of each phase",
    )
    return arguments


def main() -> None:
    arguments = _arguments()
    options = arguments.parse_args()

    # After the cheap checks: TensorFlow takes seconds to import.
    import_tensorflow()
    from keras_dialgan import benchmarking

    unknown = set(options.only) - set(benchmarking.SECTIONS)
    if unknown:
        arguments.error(
            f"unknown section {', '.join(sorted(unknown))}; choose from "
            f"{', '.join(benchmarking.SECTIONS)}"
        )
    settings = benchmarking.Settings(
        options.preset, options.rounds, options.seconds, options.text
    )
    report = {
        "preset": options.preset,
        "machine": benchmarking.machine(),
        "sections": {},
    }
    names = options.only or list(benchmarking.SECTIONS)
    for name in progress_bar("sections", iterable=names, unit_scale=False):
        rows = benchmarking.SECTIONS[name](settings)
        report["sections"][name] = rows
        title = benchmarking.SECTIONS[name].__doc__
        print(f"\n{name}: {title}\n{benchmarking.table(rows)}", flush=True)
        if options.report:
            write_json(options.report, report)
    if options.profile:
        benchmarking.write_profile(settings, options.profile)
        print(f"\nprofile written: tensorboard --logdir {options.profile}")


if __name__ == "__main__":
    run(main)
