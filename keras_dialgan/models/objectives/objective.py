"""The interface of the objectives, and what the soft ones share."""

import tensorflow as tf

from keras_dialgan.layers.relaxation import straight_through
from keras_dialgan.models.decoding import Decoded, decode
from keras_dialgan.models.decoding_strategies import Greedy
from keras_dialgan.models.losses import adversarial_loss
from keras_dialgan.models.sequences import valid_positions


class Objective:
    """How the generator learns from the discriminator.

    An objective is what an adversarial step differentiates. It keeps no
    state: what is random is a function of the model's seed and of the number
    of the step, a schedule one of the number of adversarial updates, so that
    a resumed run goes on exactly.
    """

    def losses(self, model, context, tape):
        """Computes the loss of each context, to be differentiated.

        Args:
            model: the `GANDialogueModel`.
            context: integer tokens `[batch, time]`.
            tape: the gradient tape, which is paused while decoding.

        Returns:
            Losses, `[batch]`. Their values are Eq. 6, the discriminator's
            confidence in what it reads of the generator's responses; their
            gradients are the objective's.
        """
        raise NotImplementedError

    def discriminator_responses(self, model, responses: list) -> list:
        """Returns what the discriminator's phase learns to tell apart.

        Args:
            model: the `GANDialogueModel`.
            responses: human, generated and perhaps mismatched responses,
                tokens `[batch, time]` each.

        Returns:
            The responses as they are, unless the objective asks for the
            discriminator's opinion of something else.
        """
        return responses


class SoftObjective(Objective):
    """An average of word vectors stands for each generated token.

    It takes two passes. The first decodes, without gradient. The second runs
    the decoder teacher-forced on the tokens found, all steps at once, and
    makes the averages that the discriminator reads; what the decoder's layers
    found in the first is not computed again. As no gradient passes through
    the token that feeds the decoder, loss and gradient are those of the
    decoding loop.

    Args:
        straight_through: whether the discriminator reads the vector of the
            generated token while the gradient is that of the average.
    """

    candidates = 0

    def __init__(self, straight_through: bool = False):
        self.straight_through = straight_through

    def losses(self, model, context, tape):
        generator = model.generator
        encoded = generator.encode(context)
        strategy = self.strategy(model, tf.shape(context)[0])
        with tape.stop_recording():
            decoded = decode(
                generator,
                encoded,
                strategy,
                candidates=self.candidates,
                log_probabilities=False,
                keep=True,
            )
        features = generator.decode(decoded.tokens, encoded, decoded.kept)
        vectors = self.averages(model, features, decoded, strategy)
        if self.straight_through:
            hard = generator.word_embedding(decoded.tokens)
            vectors = straight_through(hard, vectors)
        mask = valid_positions(decoded.tokens)
        return adversarial_loss(read(model, context, vectors, mask))

    def strategy(self, model, rows):
        """Returns how the first pass chooses tokens.

        Args:
            model: the `GANDialogueModel`.
            rows: the number of contexts.
        """
        return Greedy()

    def averages(self, model, features, decoded: Decoded, strategy):
        """Computes the average that stands for each token.

        Args:
            model: the `GANDialogueModel`.
            features: o~ under teacher forcing on the decoded tokens.
            decoded: the responses, with as many candidates of each step as
                the attribute `candidates` says.
            strategy: how they were chosen.

        Returns:
            Word vectors, `[batch, time, D]`.
        """
        raise NotImplementedError


def read(model, context, vectors, mask):
    """Has the discriminator read responses.

    Args:
        model: the `GANDialogueModel`.
        context: integer tokens `[batch, time]`.
        vectors: word vectors of the responses, `[batch, time, D]`.
        mask: their valid positions, boolean `[batch, time]`.

    Returns:
        The logits of its confidence, `[batch, 1]`.
    """
    # The generator answers for its response, not for how the
    # discriminator reads the context.
    context_vectors = tf.stop_gradient(model.generator.word_embedding(context))
    return model.discriminator.score(
        {
            "context": context_vectors,
            "context_mask": valid_positions(context),
            "response": vectors,
            "response_mask": mask,
        }
    )
