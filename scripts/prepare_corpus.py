"""Prepares a dialogue corpus for training."""

import functools
import itertools

from keras_dialgan import scripting
from keras_dialgan.corpus import (
    FORMATS,
    PreparationSettings,
    Problems,
    prepare,
    read_dialogues,
)
from keras_dialgan.corpus.readers import ReadProgress, resolve_formats
from keras_dialgan.text.taggers import TRAINED_PIPELINE, default_tagger_name


def parse_arguments():
    parser = scripting.parser(__doc__)
    parser.add_argument(
        "--input",
        nargs="+",
        metavar="PATH",
        help="files, folders or patterns; plain or gzip",
    )
    parser.add_argument(
        "--format",
        choices=(*FORMATS, "small-talk"),
        default="auto",
        help="lines: an utterance a line, a blank line ends a dialogue; "
        "pairs: context, tab, response; cornell, dailydialog: the files of "
        "those corpora; auto: any of these; small-talk: the built-in corpus, "
        "which needs no input",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="DIR",
        help="where to write; a prepared corpus there is replaced",
    )
    parser.add_argument(
        "--vocabulary-size",
        type=scripting.positive_int,
        default=30_000,
        help="most tokens to know, special tokens and tags included; all "
        "others are deleted",
    )
    parser.add_argument(
        "--max-length",
        type=scripting.positive_int,
        default=20,
        help="most tokens of an utterance; pairs with a longer response are "
        "dropped, longer contexts keep their last tokens",
    )
    parser.add_argument(
        "--entity-tagger",
        metavar="en_core_web_sm|rules|none|PATH",
        help="a spaCy pipeline by name or path, rules, or none; without it "
        f"{TRAINED_PIPELINE} where installed, else rules",
    )
    parser.add_argument(
        "--workers",
        type=scripting.positive_int,
        default=1,
        help="processes for tagging; the result does not depend on it",
    )
    parser.add_argument(
        "--validation-fraction",
        type=scripting.fraction,
        default=0.01,
        help="share of the dialogues that is set apart",
    )
    parser.add_argument(
        "--pairs",
        type=scripting.positive_int,
        default=50_000,
        help="pairs of the small-talk corpus",
    )
    parser.add_argument(
        "--seed",
        type=scripting.natural_int,
        default=0,
        help="of the small-talk corpus",
    )
    arguments = parser.parse_args()
    if arguments.format == "small-talk" and arguments.input:
        parser.error("--format small-talk takes no --input")
    if arguments.format != "small-talk" and not arguments.input:
        parser.error(f"--format {arguments.format} needs --input")
    return arguments


class SmallTalk:
    """The first pairs of the built-in corpus, and how many are given."""

    def __init__(self, pairs, seed):
        self._pairs = pairs
        self._seed = seed
        self._given = 0

    def __iter__(self):
        # Imported here: other formats need not wait for the grammar.
        from keras_dialgan.corpus.small_talk import generate_pairs

        pairs = generate_pairs(self._seed)
        for pair in itertools.islice(pairs, self._pairs):
            self._given += 1
            yield list(pair)

    def share(self):
        return self._given / self._pairs


def print_summary(manifest, output):
    counts = manifest["counts"]
    pairs = counts["pairs"]
    splits = manifest["splits"]
    rows = [
        ("dialogues read", counts["dialogues"]["read"]),
        ("pairs read", pairs["read"]),
        ("pairs kept", pairs["kept"]),
        ("  train", splits["train"]["pairs"]),
        ("  validation", splits["validation"]["pairs"]),
    ]
    rows += [
        (f"pairs dropped: {reason.replace('_', ' ')}", count)
        for reason, count in pairs["dropped"].items()
    ]
    rows += [
        ("tokens read", counts["tokens"]["read"]),
        ("tokens outside vocabulary", counts["tokens"]["outside_vocabulary"]),
        ("vocabulary", manifest["vocabulary"]["size"]),
        ("entity tagger", manifest["entity_tagger"]["name"]),
    ]
    rows += [
        (f"problem: {reason} (first {problem['first'][0]})", problem["count"])
        for reason, problem in manifest["problems"].items()
    ]
    scripting.print_table(str(output), rows)


def main():
    arguments = parse_arguments()
    if arguments.entity_tagger is None and default_tagger_name() == "rules":
        print(
            f"entity tagger: {TRAINED_PIPELINE} is not installed (python -m "
            f"spacy download {TRAINED_PIPELINE}), so the rules are used"
        )
    problems = Problems()
    if arguments.format == "small-talk":
        dialogues = SmallTalk(arguments.pairs, arguments.seed)
        share_read = dialogues.share
        formats = {"small-talk"}
    else:
        files = resolve_formats(arguments.input, arguments.format)
        formats = {name for _, name in files}
        read = ReadProgress(path for path, _ in files)
        dialogues = read_dialogues(
            arguments.input, arguments.format, problems, read
        )
        share_read = read.share
    settings = PreparationSettings(
        format="+".join(sorted(formats)),
        vocabulary_size=arguments.vocabulary_size,
        max_length=arguments.max_length,
        entity_tagger=arguments.entity_tagger,
        validation_fraction=arguments.validation_fraction,
        # Equal pairs are common talk; equal dialogues are copies.
        drop_duplicates=not formats <= {"pairs", "small-talk"},
    )
    manifest = prepare(
        dialogues,
        arguments.output,
        settings,
        problems,
        arguments.workers,
        functools.partial(scripting.progress_bar, unit=" utterances"),
        share_read,
    )
    print_summary(manifest, arguments.output)


if __name__ == "__main__":
    scripting.run(main)
