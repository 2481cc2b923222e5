"""Pre-trains FastText word vectors on a prepared corpus, or imports some."""

import functools
from pathlib import Path

from keras_dialgan import scripting
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.embeddings import (
    FOLDER,
    import_word_vectors,
    nearest_neighbours,
    pretrain_word_vectors,
)
from keras_dialgan.text.vocabulary import FIRST_TOKENS

DIMENSION = 300
# Neighbours are printed for the most frequent tokens from here on: before
# come punctuation and function words, whose neighbours tell little.
FIRST_SHOWN = 60
SHOWN = 12


def parse_arguments():
    parser = scripting.parser(__doc__)
    parser.add_argument(
        "--corpus",
        required=True,
        metavar="DIR",
        help="a prepared corpus; the vectors are stored in it",
    )
    parser.add_argument(
        "--dimension",
        type=scripting.positive_int,
        help=f"of the vectors; without it {DIMENSION}, or what the imported "
        "file has",
    )
    parser.add_argument(
        "--epochs",
        type=scripting.positive_int,
        help="passes over the corpus; without it 5, or more if it is small",
    )
    parser.add_argument(
        "--workers",
        type=scripting.positive_int,
        help="threads; without it 1, which alone gives the same vectors every "
        "time",
    )
    parser.add_argument(
        "--seed",
        type=scripting.natural_int,
        default=0,
        help="of the initial vectors, or of those of tokens that an imported "
        "file does not hold",
    )
    parser.add_argument(
        "--import",
        dest="file",
        metavar="FILE",
        help="take ready-made vectors instead of training: word2vec (text or "
        "binary), fastText .vec or GloVe, plain or gzip",
    )
    arguments = parser.parse_args()
    if arguments.file and (arguments.epochs or arguments.workers):
        parser.error("--import trains nothing: no --epochs, no --workers")
    return arguments


def pretrain(arguments, corpus):
    vectors = pretrain_word_vectors(
        corpus,
        arguments.dimension or DIMENSION,
        arguments.epochs,
        arguments.workers or 1,
        arguments.seed,
        progress=functools.partial(
            scripting.progress_bar, unit=" epochs", unit_scale=False
        ),
    )
    return vectors, []


def import_file(arguments, corpus):
    vectors, settings = import_word_vectors(
        corpus,
        arguments.file,
        arguments.dimension,
        arguments.seed,
        progress=functools.partial(scripting.progress_bar, unit="B"),
    )
    rows = [
        ("imported from", settings["file"]),
        ("vectors in the file", settings["vectors"]),
        ("tokens covered", settings["covered"]),
        ("share covered", f"{settings['share_covered']:.1%}"),
    ]
    rows += [
        (f"problem: {reason} (first {problem['first'][0]})", problem["count"])
        for reason, problem in settings["problems"].items()
    ]
    return vectors, rows


def main():
    arguments = parse_arguments()
    corpus = PreparedCorpus(arguments.corpus)
    make = import_file if arguments.file else pretrain
    vectors, rows = make(arguments, corpus)
    tokens = corpus.vocabulary.tokens[len(FIRST_TOKENS) :]
    shown = tokens[FIRST_SHOWN:][:SHOWN] or tokens[-SHOWN:]
    neighbours = nearest_neighbours(vectors, corpus.vocabulary, shown, 6)
    scripting.print_table(
        str(Path(arguments.corpus) / FOLDER),
        [
            ("tokens", vectors.shape[0]),
            ("dimension", vectors.shape[1]),
            *rows,
        ],
    )
    print("nearest neighbours")
    width = max(map(len, neighbours))
    for word, near in neighbours.items():
        print(f"  {word:<{width}}  {' '.join(near)}")


if __name__ == "__main__":
    scripting.run(main)
