"""The same models from public Keras parts, as the paper would be retold.

The baseline of the benchmark: `keras.layers.LSTM` and `Bidirectional`, dense
logits at every position, and an adversarial gradient through the whole
decoding loop. Its numbers are ours, so that only speed differs.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from keras_dialgan.text.vocabulary import BOS, EOS, PAD
from keras_dialgan.training.schedule import PHASES

_NEVER = -1e9


class StockGenerator(keras.layers.Layer):
    """The generator of Eq. 1 to 3 from Keras' own layers.

    Args:
        generator: the `Generator` whose sizes and weights it takes.
    """

    def __init__(self, generator, **kwargs):
        super().__init__(**kwargs)
        config = generator.config
        self.length = config.max_length
        self.k = generator.word_embedding.k
        self.embedding = layers.Embedding(
            config.vocabulary_size, config.embedding_dimension
        )
        self.encoder = [
            layers.Bidirectional(_lstm(config.encoder_units))
            for _ in range(config.encoder_layers)
        ]
        self.decoder = [
            _lstm(config.decoder_units) for _ in range(config.decoder_layers)
        ]
        self.bridge = [
            [layers.Dense(config.decoder_units) for _ in "hc"]
            for _ in generator.bridge
        ]
        self.query = layers.Dense(config.attention_units, use_bias=False)
        self.keys = layers.Dense(config.attention_units)
        self.attention = layers.AdditiveAttention(use_scale=True)
        self.features = layers.Dense(
            config.output_units, activation=layers.LeakyReLU()
        )
        self.projection = layers.Dense(
            config.vocabulary_size, dtype=generator.projection.logits_dtype
        )
        example = ops.ones([1, config.max_length], "int32")
        self(example, example)
        self._take_weights(generator)

    def call(self, context, response):
        """Returns the logits under teacher forcing, `[batch, time, V]`."""
        memory, mask, states = self.encode(context)
        first = ops.full_like(response[:, :1], BOS)
        fed = ops.concatenate([first, response[:, :-1]], axis=1)
        outputs = self.embedding(fed)
        for layer, state in zip(self.decoder, states, strict=True):
            outputs, *_ = layer(outputs, initial_state=state)
        return self._logits(outputs, memory, self.keys(memory), mask)

    def encode(self, context):
        """Returns the memory, its mask and the decoder's start states."""
        mask = context != PAD
        memory, states = self.embedding(context), []
        for layer in self.encoder:
            memory, *parts = layer(memory, mask=mask)
            h = ops.concatenate(parts[0::2], axis=-1)
            c = ops.concatenate(parts[1::2], axis=-1)
            states.append([h, c])
        top = len(states) - 1
        states = [states[min(i, top)] for i in range(len(self.decoder))]
        if self.bridge:
            states = [
                [layer(part) for layer, part in zip(pair, state, strict=True)]
                for pair, state in zip(self.bridge, states, strict=True)
            ]
        return memory, mask, states

    def respond(self, context):
        """Decodes greedily, keeping every step's logits for the gradient.

        Returns:
            Tokens `[batch, time]`, the mask of those up to the first EOS,
            and the mixtures u~ of Eq. 9, `[batch, time, D]`.
        """
        memory, mask, states = self.encode(context)
        keys = self.keys(memory)
        token = ops.full_like(context[:, 0], BOS)
        running = ops.ones_like(token, "bool")
        steps = []
        for _ in range(self.length):
            outputs, moved = self.embedding(token), []
            for layer, state in zip(self.decoder, states, strict=True):
                outputs, state = layer.cell(outputs, state)
                moved.append(state)
            states = moved
            logits = self._logits(outputs[:, None], memory, keys, mask)[:, 0]
            token = ops.argmax(logits, axis=-1)
            token = ops.cast(token, "int32")
            steps.append((token, running, self._mixture(logits)))
            running = ops.logical_and(running, token != EOS)
        return [ops.stack(part, axis=1) for part in zip(*steps, strict=True)]

    def _mixture(self, logits):
        values, indices = ops.top_k(logits, self.k)
        weights = ops.softmax(values)[..., None]
        vectors = self.embedding(indices)
        return ops.sum(ops.cast(weights, vectors.dtype) * vectors, axis=-2)

    def _logits(self, outputs, memory, keys, mask):
        context = self.attention(
            [self.query(outputs), memory, keys], mask=[None, mask]
        )
        joined = ops.concatenate([outputs, context], axis=-1)
        return self.projection(self.features(joined))

    def _take_weights(self, generator):
        pairs = [
            (self.embedding, generator.word_embedding),
            *zip(self.encoder, generator.encoder, strict=True),
            *zip(self.decoder, generator.decoder, strict=True),
            (self.features, generator.output_layer),
        ]
        for mine, theirs in zip(self.bridge, generator.bridge, strict=True):
            pairs += zip(mine, theirs, strict=True)
        for mine, theirs in pairs:
            mine.set_weights(theirs.get_weights())
        theirs = generator.attention
        self.query.set_weights([theirs.query_kernel])
        self.keys.set_weights([theirs.value_kernel, theirs.bias])
        self.attention.set_weights([theirs.score_kernel[:, 0]])
        kernel, bias = generator.projection.get_weights()
        bias[list(generator.projection.excluded_ids)] += _NEVER
        self.projection.set_weights([kernel.T, bias])


class StockDiscriminator(keras.layers.Layer):
    """The discriminator from Keras' own layers.

    Args:
        discriminator: the `Discriminator` whose sizes and weights it takes.
    """

    def __init__(self, discriminator, **kwargs):
        super().__init__(**kwargs)
        config = discriminator.config
        self.stacks = [
            [
                layers.Bidirectional(_lstm(config.units))
                for _ in range(config.layers)
            ]
            for _ in ("context", "response")
        ]
        self.hidden = layers.Dense(
            config.hidden_units, activation=layers.LeakyReLU()
        )
        self.score = layers.Dense(1, dtype=discriminator.output_layer.dtype)
        vectors = ops.ones([1, 2, config.embedding_dimension])
        mask = ops.ones([1, 2], "bool")
        self(vectors, mask, vectors, mask)
        self._take_weights(discriminator)

    def call(self, context, context_mask, response, response_mask):
        """Returns the logit of the confidence, `[batch]`."""
        summaries = []
        for stack, outputs, mask in zip(
            self.stacks,
            (context, response),
            (context_mask, response_mask),
            strict=True,
        ):
            for layer in stack:
                outputs, ahead, _, behind, _ = layer(outputs, mask=mask)
            summaries += [ahead, behind]
        hidden = self.hidden(ops.concatenate(summaries, axis=-1))
        return self.score(hidden)[:, 0]

    def _take_weights(self, discriminator):
        theirs = (
            discriminator.context_encoder,
            discriminator.response_encoder,
        )
        pairs = [
            (self.hidden, discriminator.hidden),
            (self.score, discriminator.output_layer),
        ]
        for mine, stack in zip(self.stacks, theirs, strict=True):
            pairs += zip(mine, stack, strict=True)
        for mine, layer in pairs:
            mine.set_weights(layer.get_weights())


class StockTraining:
    """Steps of every phase on the stock models, with Keras' Adam.

    Args:
        generator: the `Generator` to retell.
        discriminator: the `Discriminator` to retell.
        phases: those whose optimisers are made.
    """

    def __init__(self, generator, discriminator, phases=PHASES):
        self.generator = StockGenerator(generator)
        self.discriminator = StockDiscriminator(discriminator)
        learners = {
            "mle": self.generator,
            "adversarial": self.generator,
            "discriminator": self.discriminator,
        }
        self.optimizers = {}
        for phase, learner in learners.items():
            if phase in phases:
                optimizer = keras.optimizers.Adam(1e-6, global_clipnorm=5.0)
                optimizer.build(learner.trainable_variables)
                self.optimizers[phase] = optimizer

    def step(self, phase: str, data: dict):
        """Does a step of a phase; returns its loss, or the sampled tokens."""
        if phase == "sample":
            return self.generator.respond(data["context"])[0]
        learner = (
            self.discriminator if phase == "discriminator" else self.generator
        )
        with tf.GradientTape() as tape:
            loss = getattr(self, f"{phase}_loss")(data)
        variables = learner.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizers[phase].apply(gradients, variables)
        return loss

    def mle_loss(self, data):
        """Eq. 4 over dense logits."""
        response = data["response"]
        logits = self.generator(data["context"], response)
        losses = keras.losses.sparse_categorical_crossentropy(
            response, logits, from_logits=True
        )
        mask = ops.cast(response != PAD, losses.dtype)
        per_pair = ops.sum(losses * mask, axis=1) / ops.sum(mask, axis=1)
        return ops.mean(per_pair)

    def adversarial_loss(self, data):
        """Eq. 6 through the decoding loop."""
        context = data["context"]
        _, mask, mixtures = self.generator.respond(context)
        read = ops.stop_gradient(self.generator.embedding(context))
        scores = self.discriminator(read, context != PAD, mixtures, mask)
        return ops.mean(ops.sigmoid(scores))

    def discriminator_loss(self, data):
        """Eq. 5 on as many human as generated pairs."""
        context, response = (
            ops.concatenate([data[name], data[f"generated_{name}"]])
            for name in ("context", "response")
        )
        rows = ops.shape(context)[0]
        scores = self.discriminator(
            ops.stop_gradient(self.generator.embedding(context)),
            context != PAD,
            ops.stop_gradient(self.generator.embedding(response)),
            response != PAD,
        )
        labels = ops.cast(ops.arange(rows) >= rows // 2, scores.dtype)
        return ops.mean(
            ops.binary_crossentropy(labels, scores, from_logits=True)
        )


def _lstm(units):
    return layers.LSTM(units, return_sequences=True, return_state=True)
