"""Public dialogue corpora: where they are, what they allow, how to get them.

A checksum stands here only where it is published elsewhere: those of the
Cornell and DailyDialog archives in the `dataset_infos.json` files of Hugging
Face Datasets, that of the OpenSubtitles XML archive in ParlAI. Where none is
known, the first download is trusted: its SHA-256 is written beside the file,
and the file, or one that is downloaded in its place, is compared with it from
then on.
"""

import dataclasses
import logging
import re
from pathlib import Path
from typing import Any

from keras_dialgan.corpus.disk import Progress, file_digest
from keras_dialgan.corpus.download.archives import unpack
from keras_dialgan.corpus.download.http_file import check_url, fetch
from keras_dialgan.corpus.download.http_transfer import UnavailableError
from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Location:
    """A file on a server.

    Args:
        url: its address.
        size: its published size in bytes; `None` if there is none.
        sha256: its published SHA-256; `None` if there is none.
    """

    url: str
    size: int | None = None
    sha256: str | None = None


@dataclasses.dataclass(frozen=True)
class PublicCorpus:
    """A corpus that can be downloaded.

    Args:
        title: what it holds.
        file: the name of the downloaded file.
        locations: where it is, in the order to try.
        licence: what may be done with it.
        citation: what to cite.
        members: patterns of the names of the dialogue files in a zip archive;
            empty if the download is the corpus itself.
    """

    title: str
    file: str
    locations: tuple[Location, ...]
    licence: str
    citation: str
    members: tuple[str, ...] = ()


_OPUS = "https://object.pouta.csc.fi/OPUS-OpenSubtitles/v2018"
_OPUS_LICENCE = (
    "no licence is stated; OPUS asks for a link to "
    "http://www.opensubtitles.org/ and to https://opus.nlpl.eu/ wherever the "
    "corpus is used"
)
_OPUS_CITATION = (
    "P. Lison, J. Tiedemann, M. Kouylekov: OpenSubtitles2018: Statistical "
    "Rescoring of Sentence Alignments in Large, Noisy Parallel Corpora. LREC "
    "2018"
)

CORPORA = {
    "opensubtitles": PublicCorpus(
        title="OpenSubtitles 2018, English, a sentence a line (about 3.6 GB)",
        file="en.txt.gz",
        locations=(Location(f"{_OPUS}/mono/en.txt.gz"),),
        licence=_OPUS_LICENCE,
        citation=_OPUS_CITATION,
    ),
    "opensubtitles-xml": PublicCorpus(
        title="OpenSubtitles 2018, English, a file a film, with times",
        file="opensubtitles-xml.zip",
        locations=(
            Location(
                f"{_OPUS}/xml/en.zip",
                sha256="917af90fcaa8b0ebb3d59d9f8d205f30"
                "4f31bf92cbf15aa6e9ee030f6691755e",
            ),
        ),
        licence=_OPUS_LICENCE,
        citation=_OPUS_CITATION,
        members=("*.xml", "*.xml.gz"),
    ),
    "cornell": PublicCorpus(
        title="Cornell Movie-Dialogs Corpus (10 MB)",
        file="cornell.zip",
        locations=(
            Location(
                "https://www.cs.cornell.edu/~cristian/data/"
                "cornell_movie_dialogs_corpus.zip",
                size=9_916_637,
                sha256="3bde8a571f615201bc2d2453e2287809"
                "0719638592f774720eddec739de8c900",
            ),
        ),
        licence="no licence is stated; its README asks for the citation",
        citation=(
            "C. Danescu-Niculescu-Mizil, L. Lee: Chameleons in Imagined "
            "Conversations: A New Approach to Understanding Coordination of "
            "Linguistic Style in Dialogs. CMCL 2011"
        ),
        members=("movie_conversations.txt", "movie_lines.txt"),
    ),
    "dailydialog": PublicCorpus(
        title="DailyDialog (5 MB)",
        file="dailydialog.zip",
        locations=(
            Location(
                "https://yanran.li/files/ijcnlp_dailydialog.zip",
                size=4_475_921,
                sha256="c641e88cbf21fd7c1b57289387f9107d"
                "33fe8685a2b37fe8066b82776535ea89",
            ),
            # The authors' site is often out of reach. The archive of the
            # proceedings has other checksums, and none is published.
            Location(
                "https://aclanthology.org/attachments/I17-1099.Datasets.zip"
            ),
        ),
        licence="CC BY-NC-SA 4.0: not for commercial use",
        citation=(
            "Y. Li, H. Su, X. Shen, W. Li, Z. Cao, S. Niu: DailyDialog: A "
            "Manually Labelled Multi-turn Dialogue Dataset. IJCNLP 2017"
        ),
        # dialogues_text.txt holds all of these once more.
        members=(
            "dialogues_train.txt",
            "dialogues_validation.txt",
            "dialogues_test.txt",
        ),
    ),
}


@dataclasses.dataclass(frozen=True)
class Download:
    """What a download gave.

    Args:
        path: the file or folder for `prepare_corpus.py --input`.
        archive: the downloaded file.
        sha256: its SHA-256.
        verified: whether that was known before the download.
    """

    path: Path
    archive: Path
    sha256: str
    verified: bool


def download(
    corpus: PublicCorpus,
    directory: str | Path,
    url: str | None = None,
    sha256: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Download:
    """Downloads a corpus, checks it and unpacks it.

    What is there already is checked and not downloaded again.

    Args:
        corpus: one of `CORPORA`.
        directory: where to write.
        url: the address of a mirror, instead of the corpus's own.
        sha256: the SHA-256 to expect, instead of the published one.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)`, called with numbers of bytes.
        options: `timeout`, `attempts`, `sleep` and `free` of `fetch`.

    Returns:
        Where the corpus is, and its checksum.

    Raises:
        UserError: if it cannot be had, is not what is expected or does not
            fit the disk.
    """
    directory = Path(directory)
    archive = directory / corpus.file
    locations = _locations(corpus, archive, url, sha256)
    folder = directory / archive.stem if corpus.members else None
    if archive.exists():
        digest, verified = _check(archive, corpus, sha256, progress)
    else:
        if folder is not None and folder.exists():
            raise UserError(
                f"{folder}: is there already, but not the {archive.name} that "
                f"it comes from; use it, or remove it to download again"
            )
        location, digest = _fetch(locations, archive, progress, options)
        verified = location.sha256 is not None
    _record(archive, digest)
    if folder is None:
        return Download(archive, archive, digest, verified)
    if not folder.exists():
        free = {"free": options["free"]} if "free" in options else {}
        unpack(archive, folder, corpus.members, progress, **free)
    return Download(folder, archive, digest, verified)


def _locations(corpus, archive, url, sha256) -> tuple[Location, ...]:
    """Where to look, and what to expect there."""
    locations = corpus.locations
    if url is not None:
        locations = (dataclasses.replace(locations[0], url=check_url(url)),)
    if sha256 is not None:
        # Who expects another checksum expects another size.
        return tuple(Location(x.url, None, sha256.lower()) for x in locations)
    known = _recorded(archive)
    return tuple(
        dataclasses.replace(x, sha256=x.sha256 or known) for x in locations
    )


def _fetch(locations, archive, progress, options) -> tuple[Location, str]:
    """The first location that is available, and the digest of its file."""
    for location in locations:
        try:
            digest = fetch(
                location.url,
                archive,
                location.size,
                location.sha256,
                progress,
                **options,
            )
            break
        except UnavailableError as error:
            if location is locations[-1]:
                raise
            _log.warning("%s", error)
    return location, digest


def _record_path(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.sha256")


def _record(archive: Path, digest: str) -> None:
    """Writes the digest as `sha256sum --check` reads it."""
    with atomic_write(_record_path(archive)) as file:
        file.write(f"{digest}  {archive.name}\n")


def _check(archive, corpus, sha256, progress) -> tuple[str, bool]:
    """Compares a file that is there with what is known about it."""
    published = {x.sha256 for x in corpus.locations if x.sha256}
    known = sha256.lower() if sha256 else _recorded(archive)
    expected = {known} if known else published
    digest = file_digest(archive, progress)
    if expected and digest not in expected:
        raise UserError(
            f"{archive}: the SHA-256 is {digest} where "
            f"{' or '.join(sorted(expected))} is expected; remove the file "
            f"and run again"
        )
    return digest, digest in published or sha256 is not None


def _recorded(archive: Path) -> str | None:
    try:
        text = _record_path(archive).read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    match = re.match(r"[0-9a-f]{64}\b", text)
    return match and match[0]
