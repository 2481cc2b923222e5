import numpy as np
import pytest

from keras_dialgan.layers import (
    LSTM,
    BidirectionalLSTM,
    GumbelSoftmaxEmbedding,
    LuongAttention,
    TopKSoftmaxEmbedding,
    VocabularyProjection,
)

from .contract import check_layer_contract

rng = np.random.default_rng(0)
SEQUENCE = rng.normal(size=(2, 4, 3)).astype("float32")
VALUES = rng.normal(size=(2, 5, 3)).astype("float32")
TOKENS = rng.integers(0, 7, (2, 4)).astype("int32")
LOGITS = rng.normal(size=(2, 4, 7)).astype("float32")


@pytest.mark.parametrize("arguments", [{}, {"soft": True}])
def test_top_k_softmax_embedding_keeps_the_layer_contract(arguments):
    check_layer_contract(
        lambda **kwargs: TopKSoftmaxEmbedding(7, 3, k=3, **kwargs),
        LOGITS if arguments else TOKENS,
        **arguments,
    )


@pytest.mark.parametrize("straight_through", [False, True])
@pytest.mark.parametrize("arguments", [{}, {"soft": True}])
def test_gumbel_softmax_embedding_keeps_the_layer_contract(
    arguments, straight_through
):
    check_layer_contract(
        lambda **kwargs: GumbelSoftmaxEmbedding(
            *(7, 3, 0.5, straight_through), seed=4, **kwargs
        ),
        LOGITS if arguments else TOKENS,
        **arguments,
    )


@pytest.mark.parametrize("score", ["concat", "general"])
@pytest.mark.parametrize("return_scores", [False, True])
def test_luong_attention_keeps_the_layer_contract(score, return_scores):
    check_layer_contract(
        lambda **kwargs: LuongAttention(score, units=6, **kwargs),
        [SEQUENCE, VALUES],
        return_attention_scores=return_scores,
    )


def test_vocabulary_projection_keeps_the_layer_contract():
    check_layer_contract(
        lambda **kwargs: VocabularyProjection(9, (0, 1), **kwargs), SEQUENCE
    )


@pytest.mark.parametrize("backwards", [False, True])
def test_lstm_keeps_the_layer_contract(backwards):
    check_layer_contract(
        lambda **kwargs: LSTM(5, go_backwards=backwards, **kwargs), SEQUENCE
    )


def test_bidirectional_lstm_keeps_the_layer_contract():
    check_layer_contract(
        lambda **kwargs: BidirectionalLSTM(5, **kwargs), SEQUENCE
    )
