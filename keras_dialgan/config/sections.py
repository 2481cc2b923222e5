"""The settings of a run, as typed sections."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write


def _bounded(minimum: float, maximum: float | None = None, **options) -> Any:
    return field(metadata={"minimum": minimum, "maximum": maximum}, **options)


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of the generator, a seq2seq model with attention.

    Args:
        vocabulary_size: rows V of the word matrix W; taken from the corpus
            when None.
        embedding_dimension: columns D of W; taken from the pre-trained word
            vectors when None.
        encoder_layers: bidirectional LSTM layers of the encoder.
        encoder_units: cells of each direction of an encoder layer.
        decoder_layers: LSTM layers of the decoder.
        decoder_units: cells of a decoder layer.
        attention_score: Luong's score: `concat`, `general` or `dot`.
        attention_units: tanh units of the `concat` score.
        output_units: leaky-ReLU units of o~ before the projection to V.
        max_length: the longest response that is generated, in tokens, the
            end-of-sequence token included; taken from the corpus when None.
    """

    vocabulary_size: int | None = _bounded(8, default=None)
    embedding_dimension: int | None = _bounded(1, default=None)
    encoder_layers: int = _bounded(1, default=4)
    encoder_units: int = _bounded(1, default=512)
    decoder_layers: int = _bounded(1, default=4)
    decoder_units: int = _bounded(1, default=1028)
    attention_score: Literal["concat", "general", "dot"] = "concat"
    attention_units: int = _bounded(1, default=250)
    output_units: int = _bounded(1, default=500)
    max_length: int | None = _bounded(2, default=None)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of the discriminator.

    Args:
        embedding_dimension: columns D of the word vectors that it reads;
            the generator's when None.
        layers: bidirectional LSTM layers of each of the two encoders.
        units: cells of each direction of a layer.
        hidden_units: leaky-ReLU units before the sigmoid unit.
        dropout: share of the encoders' inputs and of the hidden units that
            is set to zero in training.
        updates_word_vectors: whether its own phase may change W.
        mismatched: share of the weight of the negatives in L_D that falls to
            human responses to other inputs; the rest is that of the generated
            ones. The paper's is 0.
    """

    embedding_dimension: int | None = _bounded(1, default=None)
    layers: int = _bounded(1, default=2)
    units: int = _bounded(1, default=128)
    hidden_units: int = _bounded(1, default=100)
    dropout: float = _bounded(0, 0.9, default=0.0)
    updates_word_vectors: bool = False
    mismatched: float = _bounded(0, 0.9, default=0.0)


# Which of the section's keys each objective takes.
OBJECTIVE_SETTINGS = {
    "top_k_softmax": ("k", "straight_through", "noise"),
    "dense_softmax": ("straight_through",),
    "gumbel_softmax": (
        "straight_through",
        "temperature",
        "final_temperature",
        "temperature_steps",
    ),
    "reinforce": ("reward", "rollouts", "baseline"),
}


@dataclass(frozen=True)
class ObjectiveConfig:
    """How the generator learns from the discriminator.

    A key that the chosen objective does not take must keep its default.

    Args:
        name: `top_k_softmax` (the paper's), `dense_softmax`,
            `gumbel_softmax` or `reinforce`.
        k: words that the top-k softmax mixes (Eq. 8, 9).
        straight_through: whether the discriminator reads the hard word
            vector while the gradient is that of the mixture; for all that
            mix.
        noise: factor on Gumbel noise on the logits of the top-k softmax, so
            that it learns from samples at this temperature; 0 for the paper's
            greedy responses.
        temperature: of the Gumbel-softmax, at the first adversarial update.
        final_temperature: to which it falls; constant when None.
        temperature_steps: adversarial updates until it has.
        reward: of REINFORCE's steps: that of the whole `response`, the mean
            of `rollouts`, or the discriminator's opinion of `prefixes`.
        rollouts: from each step; read only where `reward` asks for them.
        baseline: of REINFORCE: `leave_one_out`, the mean reward of the other
            responses of the batch, or `none`.

    Raises:
        UserError: for a key that does not belong to the objective.
    """

    name: Literal[
        "top_k_softmax", "dense_softmax", "gumbel_softmax", "reinforce"
    ] = "top_k_softmax"
    k: int = _bounded(2, default=2)
    straight_through: bool = False
    noise: float = _bounded(0, 10, default=0.0)
    temperature: float = _bounded(0.01, 100, default=1.0)
    final_temperature: float | None = _bounded(0.01, 100, default=None)
    temperature_steps: int = _bounded(1, default=1_000)
    reward: Literal["response", "rollouts", "prefixes"] = "response"
    rollouts: int = _bounded(1, default=4)
    baseline: Literal["leave_one_out", "none"] = "leave_one_out"

    def __post_init__(self):
        mine = ("name", *OBJECTIVE_SETTINGS[self.name])
        for key in dataclasses.fields(self):
            value = getattr(self, key.name)
            if key.name not in mine and value != key.default:
                owners = (
                    name
                    for name, keys in OBJECTIVE_SETTINGS.items()
                    if key.name in keys
                )
                raise UserError(
                    f"objective.{key.name} = {value!r} has no meaning for "
                    f"objective.name = {self.name}; it belongs to "
                    f"{', '.join(owners)}"
                )

    def settings(self) -> dict[str, Any]:
        """Returns the keys that the chosen objective takes."""
        return {
            key: getattr(self, key) for key in OBJECTIVE_SETTINGS[self.name]
        }


@dataclass(frozen=True)
class PretrainingConfig:
    """Maximum-likelihood and discriminator pre-training.

    Args:
        generator_steps: MLE steps.
        generator_learning_rate: Adam's rate for them.
        generator_annealing: share of that rate that is left at the last of
            them; it falls linearly.
        scheduled_sampling: probability with which the decoder is fed its own
            argmax token instead of the response's, in every MLE phase.
        samples: responses that first fill the replay.
        discriminator_steps: discriminator steps on them.
        discriminator_learning_rate: Adam's rate for them.
    """

    generator_steps: int = _bounded(0, default=50_000)
    generator_learning_rate: float = _bounded(0, 1, default=0.001)
    generator_annealing: float = _bounded(0, 1, default=1.0)
    scheduled_sampling: float = _bounded(0, 1, default=0.0)
    samples: int = _bounded(1, default=125_000)
    discriminator_steps: int = _bounded(0, default=1_000)
    discriminator_learning_rate: float = _bounded(0, 1, default=0.001)


@dataclass(frozen=True)
class AdversarialConfig:
    """Global iterations of Algorithm 1.

    Args:
        iterations: global iterations; one is an epoch of `fit`.
        adversarial_steps: adversarial steps of an iteration.
        mle_steps: maximum-likelihood steps of an iteration.
        discriminator_steps: discriminator steps after each of the two.
        samples: responses sampled into the replay after each of the two.
        adversarial_learning_rate: Adam's rate of the adversarial phase.
        mle_learning_rate: Adam's rate of the MLE phase.
        discriminator_learning_rate: Adam's rate of the discriminator.
        decay: factor on every rate per global iteration.
        stage_iteration: the global iteration whose MLE phase ends in stage B
            (`after_mle`) and the adversarial phase that follows it in stage
            C (`after_adversarial`); half of the iterations when None.
        averaging: share of the global iterations, the last ones, that the
            generator of stage D (`final`) is the mean over: of its weights
            after every adversarial and every MLE phase. With 0, the paper's,
            it is that at the end, as the discriminator always is.
    """

    iterations: int = _bounded(0, default=200)
    adversarial_steps: int = _bounded(0, default=35)
    mle_steps: int = _bounded(0, default=50)
    discriminator_steps: int = _bounded(0, default=40)
    samples: int = _bounded(1, default=5_000)
    adversarial_learning_rate: float = _bounded(0, 1, default=0.0001)
    mle_learning_rate: float = _bounded(0, 1, default=0.001)
    discriminator_learning_rate: float = _bounded(0, 1, default=0.001)
    decay: float = _bounded(0, 1, default=0.995)
    stage_iteration: int | None = _bounded(1, default=None)
    averaging: float = _bounded(0, 1, default=0.0)


@dataclass(frozen=True)
class ReplayConfig:
    """The store C_D of generated responses.

    Args:
        capacity: pairs held; the oldest leave first.
        half_life: age, in pairs added since, at which a pair is drawn half
            as often as a new one.
    """

    capacity: int = _bounded(1, default=2_500_000)
    half_life: int = _bounded(1, default=50_000)


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of the run as a whole.

    Args:
        batch_size: pairs of a step, over all devices together.
        precision: Keras' dtype policy.
        clip_norm: bound of a gradient's global norm; none when 0.
        pretrained_word_vectors: whether W starts from the corpus' FastText
            vectors, or at random.
        equal_norms: whether the rows of W start at one length, the mean of
            theirs. Shorter vectors are nearer to a mixture than its own words
            are, so that fewer mixtures lie nearest to the generated token.
            A generator that was pre-trained elsewhere brings its own W.
        log_every: steps between two points of a TensorBoard curve.
        validate_every: MLE pre-training steps between two validations.
        validation_pairs: pairs of the validation perplexity.
        probe_inputs: validation inputs whose responses are watched.
        checkpoint_minutes: minutes between two checkpoints; 0 for one after
            every step.
        checkpoint_share: share of the time that further checkpoints, at the
            ends of phases, may take.
        checkpoints_kept: how many of the newest checkpoints stay.
        collapse_share: share of the probe inputs from which on one and the
            same response counts as a collapse.
        on_collapse: `warn`, or `stop` with a checkpoint.
        deterministic: whether operations that are faster but differ from
            run to run, on a GPU, are forbidden.
        seed: of weights, data order, sampling and replay.
    """

    batch_size: int = _bounded(1, default=256)
    precision: Literal["float32", "mixed_bfloat16", "float64"] = "float32"
    clip_norm: float = _bounded(0, default=5.0)
    pretrained_word_vectors: bool = True
    equal_norms: bool = False
    log_every: int = _bounded(1, default=10)
    validate_every: int = _bounded(1, default=1_000)
    validation_pairs: int = _bounded(1, default=2_000)
    probe_inputs: int = _bounded(1, default=500)
    checkpoint_minutes: float = _bounded(0, default=5.0)
    checkpoint_share: float = _bounded(0, 1, default=0.02)
    checkpoints_kept: int = _bounded(1, default=2)
    collapse_share: float = _bounded(0, 1, default=0.9)
    on_collapse: Literal["warn", "stop"] = "warn"
    deterministic: bool = False
    seed: int = _bounded(0, default=1)


@dataclass(frozen=True)
class Config:
    """Everything that determines a run besides the corpus.

    Example:

    ```python
    config = load_preset("small", ["training.batch_size=32"])
    ```
    """

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(
        default_factory=DiscriminatorConfig
    )
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)
    adversarial: AdversarialConfig = field(default_factory=AdversarialConfig)
    replay: ReplayConfig = field(default_factory=ReplayConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Returns the sections as plain dictionaries."""
        return dataclasses.asdict(self)

    def save(self, path: str | Path) -> None:
        """Writes the configuration as YAML, atomically."""
        with atomic_write(path) as file:
            yaml.safe_dump(self.to_dict(), file, sort_keys=False)
