"""Keras layers of the method."""

from keras_dialgan.layers.bidirectional_lstm import BidirectionalLSTM
from keras_dialgan.layers.gumbel_softmax_embedding import (
    GumbelSoftmaxEmbedding,
)
from keras_dialgan.layers.lstm import LSTM
from keras_dialgan.layers.luong_attention import LuongAttention
from keras_dialgan.layers.top_k_softmax_embedding import TopKSoftmaxEmbedding
from keras_dialgan.layers.vocabulary_projection import VocabularyProjection

__all__ = [
    "LSTM",
    "BidirectionalLSTM",
    "GumbelSoftmaxEmbedding",
    "LuongAttention",
    "TopKSoftmaxEmbedding",
    "VocabularyProjection",
]
