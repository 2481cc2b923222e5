"""Reading, preparing, storing and batching dialogue corpora.

`keras_dialgan.corpus.pipeline` is imported on its own: it needs TensorFlow.
"""

from keras_dialgan.corpus.formats.readers import FORMATS, read_dialogues
from keras_dialgan.corpus.preparation.local_engine import prepare
from keras_dialgan.corpus.preparation.settings import PreparationSettings
from keras_dialgan.corpus.preparation.sources import (
    MemorySource,
    SmallTalkSource,
    file_sources,
)
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.corpus.storage import PreparedCorpus

__all__ = [
    "FORMATS",
    "MemorySource",
    "PreparationSettings",
    "PreparedCorpus",
    "Problems",
    "SmallTalkSource",
    "file_sources",
    "prepare",
    "read_dialogues",
]
