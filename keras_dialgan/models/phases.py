"""What a step of each phase of Algorithm 1 does.

Each function takes the `GANDialogueModel` and a batch, updates what its phase
trains, and returns the phase's metrics, and whether the update was `finite`.
"""

import tensorflow as tf

from keras_dialgan.models.decoding import decode
from keras_dialgan.models.decoding_strategies import Greedy, MixedWithTruth
from keras_dialgan.models.losses import (
    discriminator_loss,
    mle_loss,
    response_nll,
)
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.models.updates import apply_if, sum_over_replicas


def mle_step(model, data) -> dict:
    """Updates the generator on L_MLE (Eq. 4)."""
    context, response = data["context"], data["response"]
    with tf.GradientTape() as tape:
        encoded = model.generator.encode(context)
        with tape.stop_recording():
            fed, kept = _decoder_feed(model, encoded, response)
        features = model.generator.decode(fed, encoded, kept)
        nll, counts = response_nll(model.generator, features, response)
        losses = mle_loss(nll, counts)
        loss = _global_mean(losses)
    norm, finite = _update(model, "mle", tape, loss)
    return {**_track(model, "mle", losses, norm), "finite": finite}


def adversarial_step(model, data) -> dict:
    """Updates the generator on L_G (Eq. 6), as the objective has it."""
    with tf.GradientTape() as tape:
        losses = model.objective.losses(model, data["context"], tape)
        loss = _global_mean(losses)
    norm, finite = _update(model, "adversarial", tape, loss)
    return {**_track(model, "adversarial", losses, norm), "finite": finite}


def sample_step(model, data) -> dict:
    """Answers the contexts of the batch, for the replay."""
    decoded = decode(
        model.generator,
        model.generator.encode(data["context"]),
        Greedy(),
        log_probabilities=False,
    )
    lengths = tf.reduce_sum(
        tf.cast(valid_positions(decoded.tokens), tf.float32), axis=1
    )
    logs = _track(model, "sample", lengths)
    # Replicas may have stopped at different lengths.
    room = model.generator.config.max_length - tf.shape(decoded.tokens)[1]
    tokens = tf.pad(decoded.tokens, [[0, 0], [0, room]])
    return {**logs, "sampled": (data["context"], tokens)}


def discriminator_step(model, data) -> dict:
    """Updates the discriminator on L_D (Eq. 5)."""
    human = tf.shape(data["context"])[0]
    contexts = [data["context"], data["generated_context"]]
    responses = [data["response"], data["generated_response"]]
    weights = [1.0, 1.0 - model.mismatched]
    if model.mismatched:
        contexts.append(data["context"])
        responses.append(data["mismatched_response"])
        weights.append(model.mismatched)
    responses = model.objective.discriminator_responses(model, responses)
    context, response = _stack_padded(contexts), _stack_padded(responses)
    is_bot = tf.range(tf.shape(context)[0]) >= human
    with tf.GradientTape() as tape:
        scores = model.discriminator.score(
            {
                "context": _read(model, context),
                "context_mask": valid_positions(context),
                "response": _read(model, response),
                "response_mask": valid_positions(response),
            },
            training=True,
        )
        losses = discriminator_loss(scores, is_bot)
        # The negatives together weigh as much as the human pairs.
        weights = tf.constant(weights, losses.dtype) * (len(weights) / 2)
        losses *= tf.repeat(weights, human)
        loss = _global_mean(losses)
    norm, finite = _update(model, "discriminator", tape, loss)
    right = tf.cast(tf.equal(scores[:, 0] > 0, is_bot), tf.float32)
    human_right, generated_right, *mismatched_right = tf.split(
        right, len(contexts)
    )
    logs = _track(
        model,
        "discriminator",
        losses,
        human_right,
        generated_right,
        norm,
        *mismatched_right,
    )
    return {**logs, "finite": finite}


def _decoder_feed(model, encoded, response):
    """Finds what teacher forcing feeds: scheduled sampling mixes it.

    Returns:
        A tuple of the tokens and, if they were decoded, what that kept.
    """
    if not model.scheduled_sampling:
        return response, None
    # No gradient passes through an argmax, so that the decoder may run
    # in parallel on tokens that an earlier pass has chosen.
    strategy = MixedWithTruth(
        response,
        model.scheduled_sampling,
        model.seed + tf.convert_to_tensor(model.steps_done),
    )
    decoded = decode(
        model.generator,
        encoded,
        strategy,
        max_length=tf.shape(response)[1],
        stop_at_end=False,
        log_probabilities=False,
        keep=True,
    )
    return decoded.tokens, decoded.kept


def _read(model, tokens):
    """Looks up the word vectors that the discriminator reads."""
    vectors = model.generator.word_embedding(tokens)
    if model.discriminator_updates_word_vectors:
        return vectors
    return tf.stop_gradient(vectors)


def _update(model, phase: str, tape, loss):
    """Updates what a phase trains, unless a number is not finite.

    Returns:
        A tuple of the gradient's norm and whether the update was applied.
    """
    variables = model.phase_variables(phase)
    gradients = sum_over_replicas(tape.gradient(loss, variables))
    norm = tf.linalg.global_norm(gradients)
    finite = tf.math.is_finite(norm) & tf.math.is_finite(
        tf.cast(sum_over_replicas(loss), norm.dtype)
    )
    apply_if(finite, model.phase_optimizers[phase], gradients, variables)
    return norm, finite


def _track(model, phase: str, *values) -> dict:
    metrics = model.phase_metrics[phase]
    for metric, value in zip(metrics.values(), values, strict=True):
        metric.update_state(value)
    return {name: metric.result() for name, metric in metrics.items()}


def _global_mean(losses):
    """Averages over the global batch, however unevenly replicas share it."""
    rows = sum_over_replicas(tf.shape(losses)[0])
    return tf.reduce_sum(losses) / tf.cast(rows, losses.dtype)


def _stack_padded(parts):
    """Stacks batches of tokens, padding the narrower ones."""
    width = tf.reduce_max([tf.shape(part)[1] for part in parts])
    padded = [
        tf.pad(part, [[0, 0], [0, width - tf.shape(part)[1]]]) for part in parts
    ]
    return tf.concat(padded, axis=0)


PHASE_STEPS = {
    "mle": mle_step,
    "adversarial": adversarial_step,
    "sample": sample_step,
    "discriminator": discriminator_step,
}
