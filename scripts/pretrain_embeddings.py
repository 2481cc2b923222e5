"""Pre-trains FastText word vectors on a prepared corpus."""

from pathlib import Path

from keras_dialgan import scripting
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.embeddings import (
    FOLDER,
    nearest_neighbours,
    pretrain_word_vectors,
)
from keras_dialgan.text.vocabulary import FIRST_TOKENS

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
    parser.add_argument("--dimension", type=scripting.positive_int, default=300)
    parser.add_argument(
        "--epochs",
        type=scripting.positive_int,
        help="passes over the corpus; without it 5, or more if it is small",
    )
    parser.add_argument(
        "--workers",
        type=scripting.positive_int,
        default=1,
        help="threads; only 1 gives the same vectors every time",
    )
    parser.add_argument(
        "--seed",
        type=scripting.natural_int,
        default=0,
        help="of the initial vectors",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    corpus = PreparedCorpus(arguments.corpus)
    vectors = pretrain_word_vectors(
        corpus,
        arguments.dimension,
        arguments.epochs,
        arguments.workers,
        arguments.seed,
        progress=lambda title, total: scripting.progress_bar(
            title, total, unit=" epochs", unit_scale=False
        ),
    )
    tokens = corpus.vocabulary.tokens[len(FIRST_TOKENS) :]
    shown = tokens[FIRST_SHOWN:][:SHOWN] or tokens[-SHOWN:]
    neighbours = nearest_neighbours(vectors, corpus.vocabulary, shown, 6)
    scripting.print_table(
        str(Path(arguments.corpus) / FOLDER),
        [("tokens", vectors.shape[0]), ("dimension", vectors.shape[1])],
    )
    print("nearest neighbours")
    width = max(map(len, neighbours))
    for word, near in neighbours.items():
        print(f"  {word:<{width}}  {' '.join(near)}")


if __name__ == "__main__":
    scripting.run(main)
