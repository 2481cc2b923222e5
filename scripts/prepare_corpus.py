"""Prepares a dialogue corpus for training."""

import functools
import importlib
import shlex

from keras_dialgan import scripting
from keras_dialgan.corpus import (
    FORMATS,
    PreparationSettings,
    Problems,
    SmallTalkSource,
    file_sources,
    prepare,
)
from keras_dialgan.corpus.formats.readers import resolve_formats
from keras_dialgan.corpus.preparation.settings import (
    LONG_UTTERANCES,
    UNKNOWN_WORDS,
)
from keras_dialgan.corpus.preparation.workers import usable_cores
from keras_dialgan.errors import UserError
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
        "pairs: context, tab, response; opensubtitles: OPUS, raw text or the "
        "XML tree; srt: SubRip subtitles; cornell, dailydialog: the files of "
        "those corpora; auto: recognises each file's; small-talk: the "
        "built-in corpus, which needs no input",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="DIR",
        help="where to write; a prepared corpus there is replaced. What an "
        "interrupted run left beside it is continued by the same command",
    )
    parser.add_argument(
        "--vocabulary-size",
        type=scripting.positive_int,
        default=30_000,
        help="most tokens to know, special tokens and tags included",
    )
    parser.add_argument(
        "--unknown-words",
        choices=UNKNOWN_WORDS,
        default="delete",
        help="all other words: delete them, as the paper does; replace them "
        "by an unknown token; or drop pairs whose response holds one and "
        "delete them from contexts",
    )
    parser.add_argument(
        "--max-length",
        type=scripting.positive_int,
        default=20,
        help="most tokens of an utterance",
    )
    parser.add_argument(
        "--long-contexts",
        choices=LONG_UTTERANCES,
        default="truncate",
        help="contexts of more tokens: keep their last ones, or drop the pair",
    )
    parser.add_argument(
        "--long-responses",
        choices=LONG_UTTERANCES,
        default="drop",
        help="responses of more tokens: drop the pair, or keep the first ones",
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
        default=usable_cores(),
        help="processes; the result does not depend on their number. The "
        "default is one for each core",
    )
    parser.add_argument(
        "--engine",
        choices=["local", "beam"],
        default="local",
        help="local: processes of this machine; beam: Apache Beam, on any "
        "of its runners (pip install 'keras-dialgan[beam]')",
    )
    parser.add_argument(
        "--beam-options",
        default="",
        metavar="OPTIONS",
        help="of the beam engine, in one string, such as "
        "'--runner=FlinkRunner --flink_master=host:8081'; without it the "
        "direct runner. Input and output may then be URLs such as gs://",
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
    if arguments.beam_options and arguments.engine != "beam":
        parser.error("--beam-options needs --engine beam")
    return arguments


def find_sources(arguments, problems):
    """The input and its formats."""
    if arguments.format == "small-talk":
        source = SmallTalkSource(arguments.pairs, arguments.seed)
        return [source], {"small-talk"}
    urls = [item for item in arguments.input if "://" in item]
    if urls and arguments.engine != "beam":
        raise UserError(f"{urls[0]}: a URL is read only with --engine beam")
    paths = [item for item in arguments.input if item not in urls]
    sources = file_sources(resolve_formats(paths, arguments.format, problems))
    if urls:
        beam_files = import_beam("beam_files")
        sources += beam_files.url_sources(urls, arguments.format)
    return sources, {source.format for source in sources}


def import_beam(module):
    """Imports a module of the package that needs Apache Beam."""
    try:
        return importlib.import_module(
            f"keras_dialgan.corpus.preparation.{module}"
        )
    except ImportError as error:
        raise UserError(
            f"--engine beam needs Apache Beam: pip install "
            f"'keras-dialgan[beam]' ({error})"
        ) from None


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
    sources, formats = find_sources(arguments, problems)
    settings = PreparationSettings(
        format="+".join(sorted(formats)),
        vocabulary_size=arguments.vocabulary_size,
        max_length=arguments.max_length,
        entity_tagger=arguments.entity_tagger,
        validation_fraction=arguments.validation_fraction,
        unknown_words=arguments.unknown_words,
        long_contexts=arguments.long_contexts,
        long_responses=arguments.long_responses,
    )
    if arguments.engine == "beam":
        manifest = import_beam("beam_engine").prepare_on_beam(
            sources,
            arguments.output,
            settings,
            problems,
            shlex.split(arguments.beam_options),
        )
    else:
        manifest = prepare(
            sources,
            arguments.output,
            settings,
            problems,
            arguments.workers,
            functools.partial(scripting.progress_bar, unit=" utterances"),
            print,
        )
    print_summary(manifest, arguments.output)


if __name__ == "__main__":
    scripting.run(main)
