"""Algorithm 1 as data: phases, their lengths and their learning rates."""

import math
from dataclasses import dataclass, field

from keras_dialgan.config import Config

PHASES = ("mle", "adversarial", "sample", "discriminator")


@dataclass(frozen=True)
class Phase:
    """A run of steps of one kind.

    Args:
        name: `mle`, `adversarial`, `sample` or `discriminator`.
        steps: steps of the phase; None for `sample`, which takes as many
            batches as its `samples` need.
        samples: responses that a `sample` phase adds to the replay.

    Raises:
        ValueError: for an unknown name, or a length that does not fit it.
    """

    name: str
    steps: int | None = None
    samples: int | None = None

    def __post_init__(self):
        if self.name not in PHASES:
            raise ValueError(
                f"unknown phase {self.name!r}; choose from {', '.join(PHASES)}"
            )
        length = self.samples if self.name == "sample" else self.steps
        other = self.steps if self.name == "sample" else self.samples
        if length is None or length < 0 or other is not None:
            raise ValueError(
                f"a {self.name} phase takes "
                f"{'samples' if self.name == 'sample' else 'steps'} only"
            )

    def length(self, batch_size: int) -> int:
        """Returns the number of batches that the phase consumes."""
        if self.samples is not None:
            return math.ceil(self.samples / batch_size)
        return self.steps


@dataclass(frozen=True)
class Schedule:
    """The phases of one epoch of `fit`, and Adam's rates.

    Args:
        phases: in their order; an epoch runs through them once.
        batch_size: pairs of a step, over all devices.
        learning_rates: by phase (`sample` has none), at epoch 0.
        decay: factor on every rate from one epoch to the next.
        annealing: factor on every rate from the first step of an epoch to
            its last; the rate falls linearly.

    Example:

    >>> schedule = Schedule([Phase("mle", 100)], 32, {"mle": 0.001})
    >>> schedule.steps
    100
    """

    phases: tuple[Phase, ...]
    batch_size: int
    learning_rates: dict[str, float] = field(default_factory=dict)
    decay: float = 1.0
    annealing: float = 1.0

    @property
    def is_pretraining(self) -> bool:
        """Whether the generator meets the discriminator in no phase."""
        return all(phase.name != "adversarial" for phase in self.phases)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return sum(phase.length(self.batch_size) for phase in self.phases)

    def locate(self, position: int) -> tuple[int, int]:
        """Finds the phase of a step.

        Args:
            position: the step's number within the epoch, from 0.

        Returns:
            A tuple of the phase's index and the step's number within it.

        Raises:
            IndexError: if the epoch has fewer steps.
        """
        for index, phase in enumerate(self.phases):
            length = phase.length(self.batch_size)
            if position < length:
                return index, position
            position -= length
        raise IndexError("position is past the end of the schedule")

    def learning_rate(self, phase: str, epoch: int, position: int = 0) -> float:
        """Returns the rate of a phase at a step of an epoch."""
        passed = position / max(1, self.steps - 1)
        factor = self.decay**epoch * (1 + (self.annealing - 1) * passed)
        return self.learning_rates[phase] * factor


def generator_pretraining(config: Config) -> Schedule:
    """Step 2 of Algorithm 1: G on L_MLE."""
    settings = config.pretraining
    return Schedule(
        (Phase("mle", settings.generator_steps),),
        config.training.batch_size,
        {"mle": settings.generator_learning_rate},
        annealing=settings.generator_annealing,
    )


def discriminator_pretraining(config: Config) -> Schedule:
    """Steps 3 and 4 of Algorithm 1: fill C_D, then D on L_D."""
    settings = config.pretraining
    return Schedule(
        (
            Phase("sample", samples=settings.samples),
            Phase("discriminator", settings.discriminator_steps),
        ),
        config.training.batch_size,
        {"discriminator": settings.discriminator_learning_rate},
    )


def global_iteration(config: Config) -> Schedule:
    """Step 5 of Algorithm 1: one epoch is one global iteration."""
    settings = config.adversarial
    refresh = (
        Phase("sample", samples=settings.samples),
        Phase("discriminator", settings.discriminator_steps),
    )
    return Schedule(
        (
            Phase("adversarial", settings.adversarial_steps),
            *refresh,
            Phase("mle", settings.mle_steps),
            *refresh,
        ),
        config.training.batch_size,
        {
            "adversarial": settings.adversarial_learning_rate,
            "mle": settings.mle_learning_rate,
            "discriminator": settings.discriminator_learning_rate,
        },
        settings.decay,
    )
