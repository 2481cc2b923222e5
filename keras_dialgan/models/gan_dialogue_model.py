"""The training model: generator and discriminator under Algorithm 1."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_dialgan.models.compiled_step import compile_step
from keras_dialgan.models.distribution import (
    distribute,
    gather_rows,
)
from keras_dialgan.models.losses import mle_loss, response_nll
from keras_dialgan.models.metrics import Perplexity, make_phase_metrics
from keras_dialgan.models.negatives import with_generated, with_mismatched
from keras_dialgan.models.objectives import TopKSoftmax
from keras_dialgan.models.phases import PHASE_STEPS
from keras_dialgan.models.updates import (
    NonFiniteLossError,
    expect_summed_gradients,
)
from keras_dialgan.models.weight_average import WeightAverage


@keras.saving.register_keras_serializable(package="keras_dialgan")
class GANDialogueModel(keras.Model):
    """Trains a generator by maximum likelihood and against a discriminator.

    `fit` runs a schedule: an epoch passes through its phases, and
    `train_step` does what the current phase asks for.

    - `mle`: the generator learns the responses of the batch (Eq. 4).
    - `adversarial`: the generator answers the contexts of the batch, and
      learns what the discriminator takes for human (Eq. 6).
    - `sample`: the generator's answers go to the replay.
    - `discriminator`: the discriminator learns to tell the batch's pairs
      from as many drawn from the replay (Eq. 5).

    How it learns that is the objective's affair. The paper's takes two
    passes. The first decodes, without gradient. The second runs the decoder
    teacher-forced on the tokens found, all steps at once, from what the first
    has kept of its layers, and computes the logits of the candidates only. As
    no gradient passes through the argmax that feeds the decoder, loss and
    gradient are those of the decoding loop.

    Args:
        generator: a `Generator`.
        discriminator: a `Discriminator`.
        replay: the store C_D, with `add` and `draw`; needed for the `sample`
            and `discriminator` phases.
        objective: an `Objective`, how the generator learns from the
            discriminator; `TopKSoftmax` with the generator's k when None.
        scheduled_sampling: probability with which an MLE step feeds the
            decoder its own argmax token instead of the response's.
        discriminator_updates_word_vectors: whether the discriminator's phase
            may change the shared word matrix W.
        mismatched: share of the weight of the discriminator's negatives that
            falls to human responses to other inputs, so that it must look at
            the context, too (Reed et al., 2016); 0 for the paper's Eq. 5.
        averages: whether a `weight_average` of the generator is kept, for
            who trains to add to and to lend.
        seed: of scheduled sampling, of the draws from the replay and of
            objectives that sample; all are functions of it and of the number
            of the step.
        **kwargs: as of `keras.Model`.

    Call arguments:
        inputs: dictionary of `context` and `response`, integer tokens
            `[batch, time]`, each row ended by EOS and padded.

    Returns:
        The generator's logits, `[batch, time, V]`.

    Example:

    ```python
    model = GANDialogueModel(generator, discriminator, replay=replay)
    model.compile(schedule)
    model.fit(dataset, steps_per_epoch=schedule.steps, epochs=200)
    ```

    Reference:
    - [Lopez Zorrilla et al., 2019], Algorithm 1.
    """

    def __init__(
        self,
        generator,
        discriminator,
        replay=None,
        objective=None,
        scheduled_sampling: float = 0.0,
        discriminator_updates_word_vectors: bool = False,
        mismatched: float = 0.0,
        averages: bool = False,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.replay = replay
        self.objective = objective or TopKSoftmax(generator.word_embedding.k)
        self.scheduled_sampling = scheduled_sampling
        self.discriminator_updates_word_vectors = (
            discriminator_updates_word_vectors
        )
        self.mismatched = mismatched
        self.seed = seed
        # Steps done in all; random numbers of a step are a function of it.
        self.steps_done = keras.Variable(
            0, trainable=False, dtype="int32", name="steps_done"
        )
        self.weight_average = (
            WeightAverage(generator.variables) if averages else None
        )
        self.phase_metrics = make_phase_metrics(mismatched > 0)
        self.perplexity = Perplexity(name="perplexity")
        self.phase_optimizers = {}
        self.schedule = None
        self.epoch = 0
        self.position = 0
        # What the last step ended, for callbacks: a phase or nothing.
        self.finished_phase = None
        self.finished_epoch = 0
        self.built = True

    def compile(
        self,
        schedule=None,
        mle_optimizer=None,
        adversarial_optimizer=None,
        discriminator_optimizer=None,
        **kwargs,
    ):
        """Sets the schedule and the three optimisers.

        Args:
            schedule: the `Schedule` of an epoch of `fit`; the former one
                when None; may be set later with `set_schedule`.
            mle_optimizer: a Keras optimiser; Adam when None.
            adversarial_optimizer: a Keras optimiser; Adam when None.
            discriminator_optimizer: a Keras optimiser; Adam when None.
            **kwargs: as of `keras.Model.compile` (`run_eagerly`, ...).
        """
        super().compile(optimizer=None, **kwargs)
        given = {
            "mle": mle_optimizer,
            "adversarial": adversarial_optimizer,
            "discriminator": discriminator_optimizer,
        }
        with self.distribute_strategy.scope():
            self.phase_optimizers = {
                phase: optimizer or keras.optimizers.Adam()
                for phase, optimizer in given.items()
            }
        for optimizer in self.phase_optimizers.values():
            expect_summed_gradients(optimizer)
        if schedule is not None:
            self.set_schedule(schedule)
        elif self.schedule is not None:
            self.set_schedule(self.schedule, self.epoch, self.position)

    def set_schedule(self, schedule, epoch: int = 0, position: int = 0) -> None:
        """Sets the schedule of the next `fit`.

        Optimisers get their slots when a schedule first has their phase: two
        moments of every weight are not held through all of a pre-training
        that has no use for them.

        Args:
            schedule: a `Schedule`.
            epoch: the epoch at which it begins, for the learning rates.
            position: the step of that epoch at which it begins.
        """
        self.schedule = schedule
        self.epoch = epoch
        self.position = position
        for phase in self.phase_optimizers:
            if any(phase == planned.name for planned in schedule.phases):
                self.build_optimizer(phase)

    def build_optimizer(self, phase: str) -> None:
        """Makes the slots of a phase's optimiser, unless it has them."""
        optimizer = self.phase_optimizers[phase]
        if not optimizer.built:
            # Left to the first step, they would be made inside of a replica.
            with self.distribute_strategy.scope():
                optimizer.build(self.phase_variables(phase))

    @property
    def step(self) -> int:
        """The number of steps done, over all schedules."""
        return int(tf.convert_to_tensor(self.steps_done))

    @property
    def adversarial_updates(self):
        """The number of updates by the adversarial phase, a variable."""
        return self.phase_optimizers["adversarial"].iterations

    @property
    def phase(self) -> str:
        """The phase of the next step."""
        index, _ = self.schedule.locate(self.position)
        return self.schedule.phases[index].name

    def phase_variables(self, phase: str) -> list:
        """Returns the variables that a phase trains."""
        if phase != "discriminator":
            return self.generator.trainable_variables
        variables = list(self.discriminator.trainable_variables)
        if self.discriminator_updates_word_vectors:
            variables.append(self.generator.word_embedding.embeddings)
        return variables

    @property
    def metrics(self) -> list:
        trackers = [
            metric
            for metrics in self.phase_metrics.values()
            for metric in metrics.values()
        ]
        return [*trackers, self.perplexity]

    def reset_metrics(self) -> None:
        """Resets the perplexity; the rest only where an epoch begins.

        An evaluation, or a `fit` that goes on in the middle of an epoch,
        leaves the sums of that epoch as they are.
        """
        self.perplexity.reset_state()
        if self.position == 0:
            super().reset_metrics()

    def call(self, inputs, training: bool = False):
        return self.generator(inputs, training=training)

    def fit(self, x=None, *args, **kwargs):
        """As of `keras.Model`; x is a `tf.data.Dataset` of global batches.

        Raises:
            NonFiniteLossError: where a loss or a gradient is NaN or infinite;
                the weights and the optimisers are as before that step.
        """
        x = distribute(x, self.distribute_strategy)
        return super().fit(x, *args, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        """As of `keras.Model`; x is a `tf.data.Dataset` of global batches."""
        x = distribute(x, self.distribute_strategy)
        return super().evaluate(x, *args, **kwargs)

    def train_step(self, data) -> dict:
        """Runs one step of the current phase.

        Args:
            data: dictionary of `context` and `response`; for the
                discriminator's phase also of the pairs drawn from the
                replay, `generated_context` and `generated_response`, and if
                there are mismatched pairs their `mismatched_response`.

        Returns:
            The phase's metrics; for `sample` also the `sampled` pairs, and
            for the others whether the update was `finite`: one that was not
            has not been applied.
        """
        return PHASE_STEPS[self.phase](self, data)

    def test_step(self, data) -> dict:
        """Adds a batch to the perplexity under teacher forcing."""
        encoded = self.generator.encode(data["context"])
        features = self.generator.decode(data["response"], encoded)
        nll, counts = response_nll(self.generator, features, data["response"])
        self.perplexity.update_state(mle_loss(nll, counts), counts)
        return {"perplexity": self.perplexity.result()}

    def make_train_function(self, force: bool = False):
        """Makes the function that `fit` calls: a compiled one per phase."""
        if self.train_function is not None and not force:
            return self.train_function
        if self.schedule is None:
            raise ValueError("set a schedule before fit: compile(schedule)")
        compiled = {
            phase: self._compile_step(functools.partial(step, self))
            for phase, step in PHASE_STEPS.items()
        }
        epoch_logs = {}

        def train_function(iterator):
            phase = self.phase
            if self.position == 0:
                epoch_logs.clear()
            data = next(iterator)
            if phase == "discriminator":
                data = self._with_negatives(data)
            if phase in self.phase_optimizers:
                rate = self.schedule.learning_rate(
                    phase, self.epoch, self.position
                )
                self.phase_optimizers[phase].learning_rate = rate
            logs = compiled[phase](data)
            if phase == "sample":
                self._keep(logs.pop("sampled"))
            elif not bool(logs.pop("finite")):
                raise NonFiniteLossError(phase, self.step)
            self._advance()
            if self.finished_phase:
                # One replica's until now; read here, the sums of all.
                for name, metric in self.phase_metrics[phase].items():
                    logs[name] = metric.result()
            epoch_logs.update(logs)
            return dict(epoch_logs)

        self.train_function = train_function
        return train_function

    def make_test_function(self, force: bool = False):
        """Makes the function that `evaluate` calls."""
        if self.test_function is not None and not force:
            return self.test_function
        compiled = self._compile_step(self.test_step)

        def test_function(iterator):
            compiled(next(iterator))
            return {"perplexity": self.perplexity.result()}

        self.test_function = test_function
        return test_function

    def _compile_step(self, step):
        return compile_step(step, self.distribute_strategy, self.run_eagerly)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Skips Keras' build by a batch: the models come built."""

    def _advance(self) -> None:
        index, step = self.schedule.locate(self.position)
        phase = self.schedule.phases[index]
        last = step + 1 == phase.length(self.schedule.batch_size)
        self.finished_phase = phase.name if last else None
        self.finished_epoch = self.epoch
        # Keras' assign_add reads, adds and writes: a millisecond a step, when
        # the step has filled the caches with its own.
        self.steps_done.value.assign_add(1, read_value=False)
        self.position += 1
        if self.position == self.schedule.steps:
            self.position = 0
            self.epoch += 1

    def _keep(self, sampled) -> None:
        """Puts sampled pairs into the replay, as many as the phase wants."""
        contexts, responses = (
            gather_rows(value, self.distribute_strategy) for value in sampled
        )
        index, step = self.schedule.locate(self.position)
        done = step * self.schedule.batch_size
        wanted = self.schedule.phases[index].samples - done
        self.replay.add(contexts[:wanted], responses[:wanted])

    def _with_negatives(self, data) -> dict:
        random = np.random.default_rng([self.seed, self.step])
        strategy = self.distribute_strategy
        if self.mismatched:
            data = with_mismatched(data, strategy)
        return with_generated(data, self.replay, random, strategy)
