"""Downloads a public dialogue corpus and checks and unpacks it.

An interrupted download goes on where it stopped when the same command is run
again. Where no checksum of a corpus is published, the first download is
trusted, its SHA-256 is printed and stored beside the file, and the file is
compared with it whenever the command is run again. Proxies are taken from
the environment (https_proxy, http_proxy, no_proxy).
"""

import argparse
import functools
import re

from keras_dialgan import scripting
from keras_dialgan.corpus.download.catalogue import CORPORA, download
from keras_dialgan.corpus.download.http_file import check_url
from keras_dialgan.errors import UserError


def web_address(text):
    try:
        return check_url(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def sha256(text):
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not 64 hex digits")
    return text.lower()


def parse_arguments():
    parser = scripting.parser(__doc__)
    parser.add_argument(
        "--corpus",
        required=True,
        choices=CORPORA,
        help="; ".join(f"{name}: {c.title}" for name, c in CORPORA.items()),
    )
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="where to write"
    )
    parser.add_argument(
        "--url",
        type=web_address,
        help="the same file on a mirror, http:// or https://",
    )
    parser.add_argument(
        "--sha256",
        type=sha256,
        metavar="HEX",
        help="the checksum to expect instead of the published one; for a "
        "file of another size or content that you trust",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    corpus = CORPORA[arguments.corpus]
    print(corpus.title)
    print(f"  licence: {corpus.licence}")
    print(f"  please cite: {corpus.citation}", flush=True)
    result = download(
        corpus,
        arguments.output,
        arguments.url,
        arguments.sha256,
        functools.partial(scripting.progress_bar, unit="B"),
    )
    trust = (
        "as expected"
        if result.verified
        else f"none is published; stored in {result.archive}.sha256"
    )
    scripting.print_table(
        str(result.archive),
        [
            ("bytes", result.archive.stat().st_size),
            ("SHA-256", result.sha256),
            ("checksum", trust),
        ],
    )
    print(f"next: scripts/prepare_corpus.py --input {result.path} --output ...")


if __name__ == "__main__":
    scripting.run(main)
