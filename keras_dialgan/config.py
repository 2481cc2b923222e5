"""Typed configuration of a run: sections, presets and overrides."""

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml

from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write

PRESETS = ("tiny", "small", "paper")


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
    """

    embedding_dimension: int | None = _bounded(1, default=None)
    layers: int = _bounded(1, default=2)
    units: int = _bounded(1, default=128)
    hidden_units: int = _bounded(1, default=100)
    dropout: float = _bounded(0, 0.9, default=0.0)
    updates_word_vectors: bool = False


@dataclass(frozen=True)
class ObjectiveConfig:
    """What the discriminator reads of a generated response.

    Args:
        k: words that the top-k softmax mixes (Eq. 8, 9).
        straight_through: whether the discriminator reads the hard word
            vector while the gradient is that of the mixture.
    """

    k: int = _bounded(2, default=2)
    straight_through: bool = False


@dataclass(frozen=True)
class PretrainingConfig:
    """Maximum-likelihood and discriminator pre-training.

    Args:
        generator_steps: MLE steps.
        generator_learning_rate: Adam's rate for them.
        scheduled_sampling: probability with which the decoder is fed its own
            argmax token instead of the response's, in every MLE phase.
        samples: responses that first fill the replay.
        discriminator_steps: discriminator steps on them.
        discriminator_learning_rate: Adam's rate for them.
    """

    generator_steps: int = _bounded(0, default=50_000)
    generator_learning_rate: float = _bounded(0, 1, default=0.001)
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
        log_every: steps between two points of a TensorBoard curve.
        validate_every: MLE pre-training steps between two validations.
        validation_pairs: pairs of the validation perplexity.
        probe_inputs: validation inputs whose responses are watched.
        checkpoint_every: steps between two checkpoints.
        seed: of weights, data order, sampling and replay.
    """

    batch_size: int = _bounded(1, default=256)
    precision: Literal["float32", "mixed_bfloat16", "float64"] = "float32"
    clip_norm: float = _bounded(0, default=5.0)
    pretrained_word_vectors: bool = True
    log_every: int = _bounded(1, default=10)
    validate_every: int = _bounded(1, default=1_000)
    validation_pairs: int = _bounded(1, default=2_000)
    probe_inputs: int = _bounded(1, default=500)
    checkpoint_every: int = _bounded(1, default=1_000)
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

    def with_values(self, values: dict[str, dict[str, Any]]) -> "Config":
        """Returns a copy with some keys of some sections replaced.

        Args:
            values: section name to key to value.

        Raises:
            UserError: for an unknown section or key or an impossible value.
        """
        merged = self.to_dict()
        for section, keys in values.items():
            if section not in merged:
                raise UserError(
                    f"unknown section {section!r}; choose from "
                    f"{', '.join(merged)}"
                )
            if not isinstance(keys, dict):
                raise UserError(
                    f"section {section!r} must hold keys, a value "
                    f"{keys!r} was found"
                )
            merged[section].update(keys)
        return from_dict(merged)


def from_dict(sections: dict[str, dict[str, Any]]) -> Config:
    """Builds a configuration from section dictionaries, checking every value.

    Raises:
        UserError: naming the key, the value and the choices.
    """
    built = {}
    for spec in dataclasses.fields(Config):
        values = sections.get(spec.name, {})
        built[spec.name] = _build_section(spec.name, spec.type, values)
    unknown = set(sections) - set(built)
    if unknown:
        raise UserError(
            f"unknown section {sorted(unknown)[0]!r}; choose from "
            f"{', '.join(built)}"
        )
    return Config(**built)


def load_config(path: str | Path) -> Config:
    """Reads a configuration file that `Config.save` or a person wrote.

    Raises:
        UserError: if the file is missing, not YAML, or holds an unknown key
            or an impossible value.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        return from_dict(_parse_yaml(text))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def load_preset(name: str, overrides: typing.Sequence[str] = ()) -> Config:
    """Loads a preset and applies `section.key=value` overrides.

    Args:
        name: `tiny`, `small` or `paper`.
        overrides: assignments; a value is read as YAML (`1e-4`, `true`,
            `null`).

    Raises:
        UserError: for an unknown preset, section, key or impossible value.
    """
    if name not in PRESETS:
        raise UserError(
            f"unknown preset {name!r}; choose from {', '.join(PRESETS)}"
        )
    file = resources.files("keras_dialgan") / "presets" / f"{name}.yaml"
    config = from_dict(_parse_yaml(file.read_text(encoding="utf-8")))
    return apply_overrides(config, overrides)


def apply_overrides(config: Config, overrides: typing.Sequence[str]) -> Config:
    """Applies `section.key=value` assignments to a configuration.

    Raises:
        UserError: for an assignment that can't be read, or as `from_dict`.
    """
    values: dict[str, dict[str, Any]] = {}
    for assignment in overrides:
        name, equals, text = assignment.partition("=")
        section, dot, key = name.strip().partition(".")
        if not (equals and dot and key):
            raise UserError(
                f"--set {assignment!r}: expected section.key=value, for "
                "example training.batch_size=32"
            )
        values.setdefault(section, {})[key] = _parse_scalar(text)
    return config.with_values(values)


def differences(first: Config, second: Config) -> list[str]:
    """Lists the keys on which two configurations differ, with both values."""
    former, latter = first.to_dict(), second.to_dict()
    return [
        f"{section}.{key}: {former[section][key]!r} / {value!r}"
        for section, keys in latter.items()
        for key, value in keys.items()
        if former[section][key] != value
    ]


def _parse_yaml(text: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"not valid YAML: {error}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError("expected sections with keys")
    return value


def _parse_scalar(text: str) -> Any:
    try:
        value = yaml.safe_load(text) if text.strip() else ""
    except yaml.YAMLError:
        value = text
    if isinstance(value, str):
        try:  # YAML 1.1 reads 1e-4 as text
            return float(value)
        except ValueError:
            return value
    return value


def _build_section(section: str, kind: type, values: Any) -> Any:
    if not isinstance(values, dict):
        raise UserError(f"section {section!r} must hold keys")
    fields = {spec.name: spec for spec in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    checked = {}
    for key, value in values.items():
        if key not in fields:
            raise UserError(
                f"unknown key {section}.{key}; choose from "
                f"{', '.join(f'{section}.{name}' for name in fields)}"
            )
        checked[key] = _check(
            f"{section}.{key}", value, hints[key], fields[key].metadata
        )
    return kind(**checked)


def _check(key: str, value: Any, hint: Any, bounds: Any) -> Any:
    options = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        if value not in options:
            raise UserError(
                f"{key} = {value!r}; choose from {', '.join(options)}"
            )
        return value
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if value is None:
            return None
        hint = next(option for option in options if option is not type(None))
    value = _convert(key, value, hint)
    low, high = bounds.get("minimum"), bounds.get("maximum")
    # A comparison with NaN is false: ask for what must be true.
    if low is not None and not value >= low:
        raise UserError(f"{key} = {value!r} must be at least {low}")
    if high is not None and not value <= high:
        raise UserError(f"{key} = {value!r} must be at most {high}")
    return value


def _convert(key: str, value: Any, kind: type) -> Any:
    if kind is bool:
        if isinstance(value, bool):
            return value
        raise UserError(f"{key} = {value!r}; choose from true, false")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (kind is int and not float(value).is_integer()):
        article = "a whole number" if kind is int else "a number"
        raise UserError(f"{key} = {value!r} must be {article}")
    return kind(value)
