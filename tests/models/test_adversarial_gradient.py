"""The two passes against differentiating straight through the loop."""

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.models.decoding import decode
from keras_dialgan.models.objectives import TopKSoftmax
from keras_dialgan.models.phases import adversarial_losses
from keras_dialgan.text.vocabulary import BOS, EOS, PAD
from keras_dialgan.training.schedule import Phase, Schedule

from .small_models import (
    endless,
    make_batch,
    make_generator,
    make_model,
    randomise,
)

CONTEXTS = make_batch(24, seed=5)


def loop_reference(model, context, k):
    """Eq. 6 through the decoding loop with all logits, step by step.

    The tape records everything: full logits at each step, a top-k of them,
    the softmax, the mixture, and the argmax that feeds the next step.
    """
    generator = model.generator
    W = generator.word_embedding.embeddings
    encoded = generator.encode(context)
    keys = generator.attention.project_value(encoded.memory)
    weights = generator.step_weights()
    rows = context.shape[0]
    last, states = tf.fill([rows], BOS), encoded.states
    running = tf.ones([rows], bool)
    vectors, masks, tokens = [], [], []
    for _ in range(generator.config.max_length):
        logits, states = generator.step(last, states, encoded, keys, weights)
        values, indices = tf.math.top_k(logits, k)
        mixture = tf.nn.softmax(values)
        vectors.append(
            tf.reduce_sum(mixture[..., None] * tf.gather(W, indices), axis=1)
        )
        chosen = tf.argmax(logits, axis=-1, output_type=tf.int32)
        masks.append(running)
        tokens.append(tf.where(running, chosen, PAD))
        running = tf.logical_and(running, chosen != EOS)
        last = chosen
        if not tf.reduce_any(running):
            break
    scores = model.discriminator.score(
        {
            "context": tf.stop_gradient(tf.gather(W, context)),
            "context_mask": encoded.mask,
            "response": tf.stack(vectors, axis=1),
            "response_mask": tf.stack(masks, axis=1),
        }
    )
    return tf.sigmoid(scores[:, 0]), tf.stack(tokens, axis=1)


def dense(gradients):
    return [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]


@pytest.fixture(params=["concat", "general"])
def model(float64, request):
    """A model that has learned a little: its responses are ragged."""
    generator = make_generator(attention_score=request.param)
    randomise(generator, scale=0.3)
    model = make_model(generator=generator)
    randomise(model.discriminator, seed=1)
    schedule = Schedule((Phase("mle", 40),), 24, {"mle": 0.03})
    model.compile(schedule)
    model.fit(endless(CONTEXTS), steps_per_epoch=40, verbose=0, shuffle=False)
    tokens = decode(generator, generator.encode(CONTEXTS["context"])).tokens
    assert len(set((tokens.numpy() != PAD).sum(axis=1))) > 2
    return model


def test_two_passes_equal_the_decoding_loop(model):
    variables = model.generator.trainable_variables
    context = CONTEXTS["context"]
    for k in (2, 3, 11):
        model.objective = TopKSoftmax(k)
        with tf.GradientTape() as tape:
            expected, _ = loop_reference(model, context, k)
            total = tf.reduce_mean(expected)
        expected_gradients = dense(tape.gradient(total, variables))

        with tf.GradientTape() as tape:
            losses = adversarial_losses(model, context, tape)
            total = tf.reduce_mean(losses)
        gradients = dense(tape.gradient(total, variables))

        np.testing.assert_allclose(losses, expected, rtol=1e-10)
        for variable, ours, reference in zip(
            variables, gradients, expected_gradients, strict=True
        ):
            scale = np.abs(reference).max()
            assert scale > 0, variable.path
            error = np.abs(ours - reference).max() / scale
            assert error < 1e-10, (k, variable.path, error)


def test_straight_through_reads_the_tokens_own_vectors(model):
    context = CONTEXTS["context"]
    _, tokens = loop_reference(model, context, 3)
    model.objective = TopKSoftmax(3, straight_through=True)
    W = model.generator.word_embedding.embeddings
    with tf.GradientTape() as tape:
        losses = adversarial_losses(model, context, tape)
    expected = model.discriminator.score(
        {
            "context": tf.gather(W, context),
            "context_mask": model.generator.encode(context).mask,
            "response": tf.gather(W, tokens),
            "response_mask": tokens != PAD,
        }
    )
    np.testing.assert_allclose(losses, tf.sigmoid(expected[:, 0]), rtol=1e-10)
    gradient = tape.gradient(losses, model.generator.projection.kernel)
    assert np.abs(tf.convert_to_tensor(gradient)).max() > 0
