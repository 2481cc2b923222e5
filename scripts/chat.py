"""Talks to a trained model.

On a terminal, type an utterance, or /help for the commands. When the input
is a pipe or a file, each of its lines is answered by a line: the response
alone, or with --compare both, a tab between them; commands work there, too,
and what they tell goes to the error stream.

With --web it opens a page for a browser instead: the models in the folder of
--model to choose from, conversations side by side, and for every response the
attention map and the discriminator's opinion.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from keras_dialgan.errors import UserError
from keras_dialgan.scripting import (
    import_tensorflow,
    natural_int,
    parser,
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
        "--compare",
        metavar="DIR|STAGE",
        help="let another model, or another stage of --model, answer as well",
    )
    arguments.add_argument(
        "--stage",
        metavar="NAME",
        help="stage of --model that answers: mle, after_mle, "
        "after_adversarial, final (default: the last one)",
    )
    arguments.add_argument(
        "--decode",
        default="greedy",
        metavar="NAME",
        help="how words are chosen: greedy, temperature=T, top_k=K, "
        "nucleus=P, beam=N",
    )
    arguments.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="write the conversation to this file at the end, replacing it",
    )
    arguments.add_argument(
        "--web", action="store_true", help="serve a page for a browser"
    )
    arguments.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where the page is served; 0.0.0.0 lets other machines in",
    )
    arguments.add_argument(
        "--port",
        type=natural_int,
        default=7860,
        metavar="N",
        help="port of the page; 0 for a free one",
    )
    return arguments


def main() -> None:
    arguments = _arguments()
    options = arguments.parse_args()
    if options.web and options.save:
        arguments.error("argument --save: not allowed with argument --web")

    # TensorFlow takes seconds to import: after the arguments are checked.
    import_tensorflow()
    from keras_dialgan.models.strategy_names import parse_strategy

    try:
        parse_strategy(options.decode)
    except UserError as error:
        arguments.error(f"argument --decode: {error}")
    if options.web:
        _open_page(options)
    else:
        _converse(options)


def _open_page(options: argparse.Namespace) -> None:
    from keras_dialgan.serving.model_library import ModelLibrary
    from keras_dialgan.serving.web_chat import CSS, web_chat
    from keras_dialgan.serving.web_server import serve
    from keras_dialgan.training import STAGES

    other = options.compare if options.compare not in STAGES else None
    library = ModelLibrary([options.model, *([other] if other else [])])
    left = library.choice(options.model, options.stage)
    right = None
    if other:
        right = library.choice(other)
    elif options.compare:
        right = library.choice(options.model, options.compare)
    page = web_chat(library, left, right, options.decode)
    serve(page, options.host, options.port, CSS)


def _converse(options: argparse.Namespace) -> None:
    from keras_dialgan.serving import TerminalChat

    chat = TerminalChat(
        options.model, options.stage, options.decode, options.compare
    )
    # Whatever is typed or piped is read, and nothing that is said fails.
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    sys.stdout.reconfigure(errors="replace")
    sys.stderr.reconfigure(errors="replace")
    try:
        if sys.stdin.isatty():
            _talk(chat)
        else:
            _answer_lines(chat)
    except KeyboardInterrupt:
        print()
    finally:
        if options.save:
            chat.save(options.save)


def _talk(chat) -> None:
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (gives `input` its history)
    print("Talk to the model; /help lists the commands, Ctrl-D ends.")
    for line in _typed_lines():
        try:
            if line.startswith("/"):
                told = chat.command(line)
                if told:
                    print(told)
            else:
                for label, text in chat.say(line):
                    print(f"{label}: {text}")
        except UserError as error:
            print(error)
        if chat.ended:
            return


def _typed_lines() -> Iterator[str]:
    """Yields what is typed until Ctrl-D."""
    while True:
        try:
            line = input("you: ").strip()
        except EOFError:
            print()
            return
        if line:
            yield line


def _answer_lines(chat) -> None:
    for line in sys.stdin:
        if line.startswith("/"):
            told = chat.command(line)
            if told:
                print(told, file=sys.stderr)
        else:
            answers = chat.say(line.rstrip("\r\n"))
            print("\t".join(text for _, text in answers), flush=True)
        if chat.ended:
            return


if __name__ == "__main__":
    run(main)
