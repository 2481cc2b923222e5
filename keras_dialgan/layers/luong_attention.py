"""Luong's global attention."""

import keras
from keras import ops

SCORES = ("concat", "general", "dot")


@keras.saving.register_keras_serializable(package="keras_dialgan")
class LuongAttention(keras.layers.Layer):
    """Contexts of decoder outputs: averages of the encoder's outputs.

    For each decoder output o_t and the encoder's outputs h_1..h_T:

        c_t = sum_j a_tj h_j                                        (Eq. 1)
        a_t = softmax over j of score(o_t, h_j)                     (Eq. 2)

    with one of Luong's scores:

        concat    v . tanh(W_o o_t + W_h h_j + b)   (the paper's)
        general   o_t . W h_j
        dot       o_t . h_j

    Args:
        score: `"concat"`, `"general"` or `"dot"`.
        units: integer, tanh units of the `concat` score; unused by others.
        **kwargs: as of `keras.layers.Layer`.

    Call arguments:
        inputs: list `[query, value]` of the decoder's outputs
            `[batch, Tq, query_dim]` and the encoder's `[batch, Tv, dim]`.
        mask: list `[query_mask, value_mask]` of boolean tensors `[batch, Tq]`
            and `[batch, Tv]`, or None each. A masked value has exactly zero
            weight; the context of a masked query is zero, and so is that of
            any query when all values are masked.
        return_attention_scores: whether to return the weights a, too.

    Returns:
        The contexts c, `[batch, Tq, dim]`, and on demand the weights a,
        `[batch, Tq, Tv]`. The softmax is taken in float32 at least.

    Raises:
        ValueError: for an unknown score, inputs that are not a list of two,
            or with `dot` different sizes of query and value.

    Example:

    >>> attention = LuongAttention(score="concat", units=250)
    >>> attention([query, value], mask=[None, value_mask])

    Reference:
    - [Luong et al., 2015](https://arxiv.org/abs/1508.04025)
    """

    def __init__(self, score: str = "concat", units: int = 250, **kwargs):
        super().__init__(**kwargs)
        if score not in SCORES:
            raise ValueError(
                f"score must be one of {', '.join(SCORES)}, not {score!r}"
            )
        if units < 1:
            raise ValueError(f"units must be positive, not {units!r}")
        self.score = score
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        self._check_inputs(input_shape)
        query_dim, value_dim = input_shape[0][-1], input_shape[1][-1]
        if self.score == "dot" and query_dim != value_dim:
            raise ValueError(
                "the dot score needs query and value of one size, found "
                f"{query_dim} and {value_dim}; use 'general' or 'concat'"
            )
        if self.score == "general":
            self.value_kernel = self.add_weight(
                name="value_kernel", shape=(value_dim, query_dim)
            )
        if self.score == "concat":
            self.query_kernel = self.add_weight(
                name="query_kernel", shape=(query_dim, self.units)
            )
            self.value_kernel = self.add_weight(
                name="value_kernel", shape=(value_dim, self.units)
            )
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )
            self.score_kernel = self.add_weight(
                name="score_kernel", shape=(self.units, 1)
            )

    def call(self, inputs, mask=None, return_attention_scores: bool = False):
        self._check_inputs(inputs)
        query, value = inputs
        query_mask, value_mask = mask if mask is not None else (None, None)
        context, weights = self.attend(
            query, value, self.project_value(value), value_mask
        )
        if query_mask is not None:
            query_mask = ops.expand_dims(query_mask, -1)
            context = ops.where(query_mask, context, 0)
        return (context, weights) if return_attention_scores else context

    def project_value(self, value):
        """Computes what of the score depends on the values alone.

        A decoding loop does it once and calls `attend` at every step.

        Args:
            value: the encoder's outputs, `[batch, Tv, dim]`.

        Returns:
            The keys, `[batch, Tv, units]` (`concat`), `[batch, Tv,
            query_dim]` (`general`) or `value` itself (`dot`).
        """
        if self.score == "dot":
            return value
        keys = ops.matmul(value, self._cast(self.value_kernel))
        return keys + self._cast(self.bias) if self.score == "concat" else keys

    def attend(self, query, value, keys, value_mask=None):
        """Averages values for queries, given the keys of `project_value`.

        Returns:
            A tuple of the contexts `[batch, Tq, dim]` and the weights
            `[batch, Tq, Tv]`.
        """
        scores = self._scores(query, keys)
        dtype = keras.backend.result_type(scores.dtype, "float32")
        scores = ops.cast(scores, dtype)
        if value_mask is None:
            weights = ops.softmax(scores, axis=-1)
        else:
            value_mask = ops.expand_dims(value_mask, -2)
            weights = ops.softmax(ops.where(value_mask, scores, -1e9), axis=-1)
            weights = ops.where(value_mask, weights, 0)
        weights = ops.cast(weights, self.compute_dtype)
        return ops.matmul(weights, value), weights

    def _scores(self, query, keys):
        if self.score != "concat":
            return ops.matmul(query, ops.swapaxes(keys, -1, -2))
        query = ops.matmul(query, self._cast(self.query_kernel))
        hidden = ops.tanh(
            ops.expand_dims(query, -2) + ops.expand_dims(keys, -3)
        )
        scores = ops.matmul(hidden, self._cast(self.score_kernel))
        return ops.squeeze(scores, -1)

    def _cast(self, weight):
        # Keras casts weights inside `call` only.
        return ops.cast(weight, self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else mask[0]

    def compute_output_shape(self, input_shape):
        self._check_inputs(input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self, inputs, mask=None, return_attention_scores: bool = False
    ):
        query, value = inputs
        context = keras.KerasTensor(
            self.compute_output_shape([query.shape, value.shape]),
            dtype=self.compute_dtype,
        )
        if not return_attention_scores:
            return context
        weights = keras.KerasTensor(
            (*query.shape[:-1], value.shape[-2]), dtype=self.compute_dtype
        )
        return context, weights

    def get_config(self) -> dict:
        config = {"score": self.score, "units": self.units}
        return {**super().get_config(), **config}

    def _check_inputs(self, inputs):
        if not isinstance(inputs, list | tuple) or len(inputs) != 2:
            raise ValueError("LuongAttention takes a list [query, value]")
