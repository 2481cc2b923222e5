import numpy as np
import pytest

from keras_dialgan.layers import LuongAttention

rng = np.random.default_rng(0)
QUERY = rng.normal(size=(2, 3, 4))
VALUE = rng.normal(size=(2, 5, 6))
VALUE_MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)


def score(kind, layer, query, value):
    """The score of one query and one value."""
    if kind == "dot":
        return query @ value
    weights = {w.name: w.numpy() for w in layer.weights}
    if kind == "general":
        return query @ (weights["value_kernel"].T @ value)
    hidden = np.tanh(
        weights["query_kernel"].T @ query
        + weights["value_kernel"].T @ value
        + weights["bias"]
    )
    return float(hidden @ weights["score_kernel"][:, 0])


def reference(kind, layer, query, value, mask):
    """Eq. 1 and 2 with plain loops, over valid positions only."""
    contexts = np.zeros((*query.shape[:2], value.shape[-1]))
    weights = np.zeros((*query.shape[:2], value.shape[1]))
    for b, t in np.ndindex(query.shape[:2]):
        valid = np.flatnonzero(mask[b])
        scores = np.array(
            [score(kind, layer, query[b, t], value[b, j]) for j in valid]
        )
        exponentials = np.exp(scores - scores.max())
        weights[b, t, valid] = exponentials / exponentials.sum()
        contexts[b, t] = weights[b, t] @ value[b]
    return contexts, weights


@pytest.mark.parametrize("kind", ["concat", "general", "dot"])
def test_contexts_and_weights_equal_numpy_with_padding(float64, kind):
    value = VALUE[..., :4] if kind == "dot" else VALUE
    layer = LuongAttention(kind, units=7)
    layer.build([QUERY.shape, value.shape])
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    context, weights = layer(
        [QUERY, value],
        mask=[None, VALUE_MASK],
        return_attention_scores=True,
    )
    expected = reference(kind, layer, QUERY, value, VALUE_MASK)
    np.testing.assert_allclose(context, expected[0], rtol=1e-12)
    np.testing.assert_allclose(weights, expected[1], rtol=1e-12)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_padded_position_gets_exactly_zero_weight(policy):
    layer = LuongAttention("concat", units=7, dtype=policy)
    _, weights = layer(
        [QUERY, VALUE], mask=[None, VALUE_MASK], return_attention_scores=True
    )
    assert (np.asarray(weights, "float32")[0, :, 3:] == 0).all()


def test_what_stands_at_padded_positions_has_no_influence():
    layer = LuongAttention("concat", units=7)
    changed = VALUE.copy()
    changed[0, 3:] = 1e4
    first, second = (
        layer([QUERY, value], mask=[None, VALUE_MASK])
        for value in (VALUE, changed)
    )
    np.testing.assert_array_equal(first, second)


def test_all_values_masked_gives_a_zero_context():
    layer = LuongAttention("concat", units=7)
    context = layer([QUERY, VALUE], mask=[None, np.zeros((2, 5), bool)])
    np.testing.assert_array_equal(context, np.zeros((2, 3, 6)))


def test_a_masked_query_has_a_zero_context_and_passes_its_mask_on():
    layer = LuongAttention("concat", units=7)
    query_mask = np.array([[1, 1, 0], [1, 1, 1]], bool)
    context = layer([QUERY, VALUE], mask=[query_mask, VALUE_MASK])
    assert (np.asarray(context)[0, 2] == 0).all()
    assert (np.asarray(context)[0, 1] != 0).all()
    passed = layer.compute_mask([QUERY, VALUE], [query_mask, VALUE_MASK])
    np.testing.assert_array_equal(passed, query_mask)


def test_keys_computed_once_give_the_same_context():
    layer = LuongAttention("concat", units=7)
    expected = layer([QUERY, VALUE], mask=[None, VALUE_MASK])
    query, value = (array.astype("float32") for array in (QUERY, VALUE))
    context, _ = layer.attend(
        query, value, layer.project_value(value), VALUE_MASK
    )
    np.testing.assert_array_equal(context, expected)


def test_an_unknown_score_is_refused():
    with pytest.raises(ValueError, match="concat, general, dot"):
        LuongAttention("cosine")


def test_the_dot_score_refuses_different_sizes():
    with pytest.raises(ValueError, match="one size"):
        LuongAttention("dot")([QUERY, VALUE])


def test_inputs_other_than_a_pair_are_refused():
    with pytest.raises(ValueError, match=r"\[query, value\]"):
        LuongAttention()(QUERY)
