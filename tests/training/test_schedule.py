import pytest

from keras_dialgan.config import load_preset
from keras_dialgan.training import (
    Phase,
    Schedule,
    discriminator_pretraining,
    generator_pretraining,
    global_iteration,
)


def phases_of(schedule):
    return [
        (phase.name, phase.steps or phase.samples) for phase in schedule.phases
    ]


def test_a_global_iteration_of_the_paper_has_its_phases():
    assert phases_of(global_iteration(load_preset("paper"))) == [
        ("adversarial", 35),
        ("sample", 5000),
        ("discriminator", 40),
        ("mle", 50),
        ("sample", 5000),
        ("discriminator", 40),
    ]


def test_the_papers_pre_training_has_its_phases():
    paper = load_preset("paper")
    assert phases_of(generator_pretraining(paper)) == [("mle", 50_000)]
    assert phases_of(discriminator_pretraining(paper)) == [
        ("sample", 125_000),
        ("discriminator", 1_000),
    ]


@pytest.mark.parametrize("epoch", [0, 1, 57, 199])
def test_the_papers_rates_decay_by_995_per_mille(epoch):
    schedule = global_iteration(load_preset("paper"))
    rate = 0.001 * 0.995**epoch
    for phase in ("mle", "discriminator"):
        found = schedule.learning_rate(phase, epoch)
        assert found == pytest.approx(rate, rel=1e-12)
    assert schedule.learning_rate("adversarial", epoch) == pytest.approx(
        rate / 10, rel=1e-12
    )


def test_an_annealed_rate_falls_linearly_within_an_epoch():
    config = load_preset(
        "tiny",
        [
            "pretraining.generator_steps=5",
            "pretraining.generator_learning_rate=0.01",
            "pretraining.generator_annealing=0.2",
        ],
    )
    schedule = generator_pretraining(config)
    rates = [schedule.learning_rate("mle", 0, step) for step in range(5)]
    assert rates == pytest.approx([0.01, 0.008, 0.006, 0.004, 0.002])


def test_pre_training_rates_do_not_decay():
    paper = load_preset("paper")
    for schedule, phase in (
        (generator_pretraining(paper), "mle"),
        (discriminator_pretraining(paper), "discriminator"),
    ):
        assert schedule.learning_rate(phase, 0) == 0.001
        assert schedule.learning_rate(phase, 9) == 0.001


def test_sampling_takes_as_many_batches_as_its_samples_need():
    assert Phase("sample", samples=5000).length(256) == 20
    assert Phase("sample", samples=512).length(256) == 2


def test_every_position_belongs_to_one_phase():
    schedule = Schedule(
        (Phase("mle", 2), Phase("sample", samples=5), Phase("mle", 1)), 4
    )
    located = [schedule.locate(p) for p in range(schedule.steps)]
    assert located == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]
    with pytest.raises(IndexError):
        schedule.locate(schedule.steps)


def test_a_phase_of_no_steps_is_passed_over():
    schedule = Schedule((Phase("mle", 0), Phase("adversarial", 1)), 4)
    assert schedule.locate(0) == (1, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "mle"},
        {"name": "mle", "steps": -1},
        {"name": "mle", "samples": 5},
        {"name": "sample", "steps": 5},
        {"name": "warm-up", "steps": 5},
    ],
)
def test_a_phase_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match=r"phase"):
        Phase(**arguments)
