"""What the command-line scripts share."""

import argparse
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence

from tqdm import tqdm

from keras_dialgan.errors import UserError

# What TensorFlow 2.21 prints on import whatever its log level is.
_IMPORT_NOTICE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|I\d{4} "
)


def run(main: Callable[[], int | None]) -> None:
    """Calls a script's main function and exits with its code.

    0 means success, 1 failure, 2 wrong usage. A user's mistake, an
    interrupt and a refusal by the operating system (a full disk, a missing
    permission) are reported without a traceback.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    # Every stage and strategy is traced anew, and TensorFlow wonders why.
    logging.getLogger("tensorflow").addFilter(
        lambda record: "tf.function retracing" not in record.getMessage()
    )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        code = main() or 0
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 1
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python would complain
        # when it flushes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    sys.exit(code)


def import_tensorflow() -> None:
    """Imports TensorFlow without the notices that this prints.

    They are written to the error stream's file descriptor before TensorFlow
    reads any setting. Other lines, and errors, pass.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as printed:
        stream = os.dup(2)
        os.dup2(printed.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        finally:
            os.dup2(stream, 2)
            os.close(stream)
            printed.seek(0)
            for line in printed:
                if not _IMPORT_NOTICE.match(line):
                    os.write(2, line)


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that are values."""

    def _get_help_string(self, action):
        if action.default is None or action.required:
            return action.help
        return super()._get_help_string(action)


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser whose help shows the defaults."""
    return argparse.ArgumentParser(
        description=description,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )


def positive_int(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    return _number(text, int, "a positive whole number", lambda n: n > 0)


def natural_int(text: str) -> int:
    """An argument that is a whole number of at least 0."""
    return _number(text, int, "a whole number from 0 up", lambda n: n >= 0)


def fraction(text: str) -> float:
    """An argument from 0 up to, not including, 1."""
    return _number(
        text, float, "a fraction from 0 to below 1", lambda x: 0 <= x < 1
    )


def _number(text, kind, wanted, accepts):
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not accepts(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return value


def progress_bar(title: str, total: int | None = None, **options) -> tqdm:
    """A progress bar on the error stream with rate and time left."""
    options.setdefault("unit_scale", True)
    # A log file wants a line now and then, a terminal a live bar.
    options.setdefault("mininterval", 0.1 if sys.stderr.isatty() else 30)
    return tqdm(desc=title, total=total, dynamic_ncols=True, **options)


def print_table(
    title: str, rows: Sequence[tuple[str, object]], file=None
) -> None:
    """Prints names and values in two columns; whole numbers with commas."""
    print(title, file=file)
    texts = [
        (name, f"{value:,}" if isinstance(value, int) else str(value))
        for name, value in rows
    ]
    names = max((len(name) for name, _ in texts), default=0)
    values = max((len(value) for _, value in texts), default=0)
    for name, value in texts:
        print(f"  {name:<{names}}  {value:>{values}}", file=file)
