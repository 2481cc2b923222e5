"""Lets people compare two systems, and reports how they voted.

`serve` opens a page on which a person talks blind with both systems side by
side, the left and the right drawn at random, and after some turns says which
one is more varied, more coherent and more informative. `report` counts.
Ballots are kept in an SQLite file: stop and start `serve` as you like, with
the same file it goes on with the same study.
"""

import argparse
from pathlib import Path

from keras_dialgan.errors import UserError
from keras_dialgan.scripting import (
    import_tensorflow,
    natural_int,
    parser,
    positive_int,
    run,
)


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__)
    commands = arguments.add_subparsers(
        dest="command", required=True, metavar="serve|report"
    )
    formatter = arguments.formatter_class
    serving = commands.add_parser(
        "serve",
        help="open the page",
        formatter_class=formatter,
        allow_abbrev=False,
    )
    for name in ("first", "second"):
        serving.add_argument(
            f"--{name}",
            type=Path,
            required=True,
            metavar="DIR",
            help=f"model directory of the {name} system",
        )
        serving.add_argument(
            f"--{name}-stage",
            metavar="NAME",
            help="its stage that answers: mle, after_mle, "
            "after_adversarial, final (default: the last one)",
        )
    _add_serving_options(serving)
    reporting = commands.add_parser(
        "report",
        help="count the votes",
        formatter_class=formatter,
        allow_abbrev=False,
    )
    reporting.add_argument(
        "--report",
        type=Path,
        metavar="FILE.json",
        help="also write everything to this file",
    )
    for command in (serving, reporting):
        command.add_argument(
            "--ballots",
            type=Path,
            required=True,
            metavar="FILE",
            help="SQLite file of the ballots",
        )
    return arguments


def _add_serving_options(serving: argparse.ArgumentParser) -> None:
    serving.add_argument(
        "--decode",
        default="greedy",
        metavar="NAME",
        help="how both choose words: greedy, temperature=T, top_k=K, "
        "nucleus=P, beam=N",
    )
    serving.add_argument(
        "--turns",
        type=positive_int,
        default=10,
        metavar="N",
        help="utterances of a person before the vote",
    )
    serving.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where the page is served; 0.0.0.0 lets other machines in",
    )
    serving.add_argument(
        "--port",
        type=natural_int,
        default=7860,
        metavar="N",
        help="port of the page; 0 for a free one",
    )


def main() -> None:
    arguments = _arguments()
    options = arguments.parse_args()

    # TensorFlow takes seconds to import: after the arguments are checked.
    import_tensorflow()
    if options.command == "report":
        _report(options)
        return
    from keras_dialgan.models.strategy_names import parse_strategy

    try:
        parse_strategy(options.decode)
    except UserError as error:
        arguments.error(f"argument --decode: {error}")
    _serve(options)


def _serve(options: argparse.Namespace) -> None:
    from keras_dialgan.serving.human_evaluation import Ballots
    from keras_dialgan.serving.human_evaluation.page import (
        CSS,
        evaluation_page,
    )
    from keras_dialgan.serving.human_evaluation.systems import load_system
    from keras_dialgan.serving.web_server import serve

    first = load_system(options.first, options.first_stage, options.decode)
    second = load_system(options.second, options.second_stage, options.decode)
    if first.description == second.description:
        raise UserError(
            "both systems are the same; compare two models, or two stages "
            "of one with --first-stage and --second-stage"
        )
    ballots = Ballots.create(
        options.ballots, first.description, second.description, options.turns
    )
    page = evaluation_page(ballots, first.respond, second.respond)
    serve(page, options.host, options.port, CSS)


def _report(options: argparse.Namespace) -> None:
    from keras_dialgan.files import write_json
    from keras_dialgan.serving import human_evaluation

    found = human_evaluation.report(human_evaluation.Ballots(options.ballots))
    print(human_evaluation.report_text(found))
    if options.report:
        write_json(options.report, found)
        print(f"\nreport written to {options.report}")


if __name__ == "__main__":
    run(main)
