"""Reading, preparing, storing and batching dialogue corpora.

`keras_dialgan.corpus.pipeline` is imported on its own: it needs TensorFlow.
"""

from keras_dialgan.corpus.preparation import PreparationSettings, prepare
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.corpus.readers import FORMATS, read_dialogues
from keras_dialgan.corpus.storage import PreparedCorpus

__all__ = [
    "FORMATS",
    "PreparationSettings",
    "PreparedCorpus",
    "Problems",
    "prepare",
    "read_dialogues",
]
