import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.config import DiscriminatorConfig, load_preset
from keras_dialgan.layers import cudnn
from keras_dialgan.models import (
    GANDialogueModel,
    build_discriminator,
    build_generator,
    decode,
)
from keras_dialgan.models.negatives import with_mismatched
from keras_dialgan.models.phases import PHASE_STEPS
from keras_dialgan.text.vocabulary import EOS, PAD
from keras_dialgan.training import Phase, Replay, Schedule, global_iteration

from .small_models import (
    LENGTH,
    D,
    endless,
    make_batch,
    make_generator,
    make_model,
    make_tokens,
    randomise,
)

RATES = {"mle": 1e-3, "adversarial": 1e-4, "discriminator": 1e-3}


def schedule_of(*phases, batch_size=5):
    return Schedule(phases, batch_size, RATES)


def with_generated(batch, seed=50):
    rows = len(batch["context"])
    return {
        **batch,
        "generated_context": make_tokens(rows, seed),
        "generated_response": make_tokens(rows, seed + 1),
    }


def run_phase(model, phase, batch):
    model.compile(schedule_of(Phase(phase, 3)))
    if phase == "discriminator":
        batch = with_generated(batch)
    return model.train_step(batch)


def changed(variables, before):
    return [
        not np.array_equal(variable, value)
        for variable, value in zip(variables, before, strict=True)
    ]


def values(model):
    return [variable.numpy() for variable in model.trainable_variables]


@pytest.mark.parametrize("phase", ["mle", "adversarial"])
def test_a_generator_phase_changes_all_of_it_and_no_discriminator_weight(
    phase,
):
    model = make_model()
    randomise(model.generator)
    generator, discriminator = (
        values(model.generator),
        values(model.discriminator),
    )
    run_phase(model, phase, make_batch(5))
    assert all(changed(model.generator.trainable_variables, generator))
    assert not any(
        changed(model.discriminator.trainable_variables, discriminator)
    )


@pytest.mark.parametrize("updates", [False, True])
def test_a_discriminator_phase_changes_W_only_if_it_may(updates):
    model = make_model(discriminator_updates_word_vectors=updates)
    generator, discriminator = (
        values(model.generator),
        values(model.discriminator),
    )
    run_phase(model, "discriminator", make_batch(5))
    moved = {
        variable.path.split("/")[-2]
        for variable, was in zip(
            model.generator.trainable_variables,
            changed(model.generator.trainable_variables, generator),
            strict=True,
        )
        if was
    }
    assert moved == ({"word_embedding"} if updates else set())
    assert all(changed(model.discriminator.trainable_variables, discriminator))


def test_a_sample_phase_changes_no_weight_and_fills_the_replay():
    model = make_model()
    before = values(model)
    model.compile(schedule_of(Phase("sample", samples=12)))
    model.fit(
        endless(make_batch(5)), steps_per_epoch=3, verbose=0, shuffle=False
    )
    assert not any(changed(model.trainable_variables, before))
    assert len(model.replay) == 12


def test_sampled_pairs_are_the_contexts_with_their_greedy_responses():
    model = make_model()
    randomise(model.generator)
    batch = make_batch(5)
    model.compile(schedule_of(Phase("sample", samples=5)))
    model.fit(endless(batch), steps_per_epoch=1, verbose=0, shuffle=False)
    state = model.replay.state()
    np.testing.assert_array_equal(state["contexts"], batch["context"])
    generator = model.generator
    tokens = decode(generator, generator.encode(batch["context"])).tokens
    width = tokens.shape[1]
    np.testing.assert_array_equal(state["responses"][:, :width], tokens)
    assert (state["responses"][:, width:] == PAD).all()


def test_padding_never_changes_a_loss(float64):
    model = make_model()
    randomise(model)
    model.compile(schedule_of(Phase("mle", 1)))
    adversarial, perplexities = [], []
    for padding in (0, 4):
        batch = {
            key: np.pad(tokens, [[0, 0], [0, padding]])
            for key, tokens in make_batch(6).items()
        }
        with tf.GradientTape() as tape:
            losses = model.objective.losses(model, batch["context"], tape)
        adversarial.append(np.asarray(losses))
        model.perplexity.reset_state()
        perplexities.append(float(model.test_step(batch)["perplexity"]))
    np.testing.assert_allclose(*adversarial, rtol=1e-12)
    np.testing.assert_allclose(*perplexities, rtol=1e-12)


@pytest.mark.parametrize("phase", ["mle", "adversarial", "discriminator"])
def test_a_step_on_a_wider_batch_leads_to_the_same_weights(float64, phase):
    results = []
    for padding in (0, 4):
        batch = {
            key: np.pad(tokens, [[0, 0], [0, padding]])
            for key, tokens in make_batch(6).items()
        }
        model = make_model()
        randomise(model)
        run_phase(model, phase, batch)
        results.append(values(model))
    for narrow, wide in zip(*results, strict=True):
        np.testing.assert_allclose(narrow, wide, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("phase", ["mle", "adversarial", "discriminator"])
def test_what_stands_after_the_end_never_changes_a_step(float64, phase):
    results = []
    for filler in (PAD, 9):
        batch = make_batch(6)
        for tokens in batch.values():
            ends = tokens == EOS
            tokens[np.cumsum(ends, axis=1) - ends > 0] = filler
        model = make_model()
        randomise(model)
        run_phase(model, phase, batch)
        results.append(values(model))
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-12)


def test_permuting_a_batch_permutes_its_adversarial_losses(float64):
    model = make_model()
    randomise(model)
    context = make_batch(6)["context"]
    order = np.array([4, 0, 5, 2, 1, 3])
    with tf.GradientTape() as tape:
        losses = model.objective.losses(model, context, tape)
    with tf.GradientTape() as tape:
        permuted = model.objective.losses(model, context[order], tape)
    np.testing.assert_allclose(permuted, np.asarray(losses)[order], rtol=1e-10)


@pytest.mark.slow
def test_an_epoch_of_the_papers_schedule_has_its_steps_and_samples():
    schedule = global_iteration(load_preset("paper"))
    generator = make_generator(encoder_layers=1, decoder_layers=1, max_length=3)
    model = GANDialogueModel(
        generator,
        build_discriminator(DiscriminatorConfig(D, 1, 2, 2)),
        replay=Replay(20_000, 5_000, LENGTH, LENGTH),
    )
    model.compile(schedule)
    done = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            done.append(model.phase)

        def on_epoch_end(self, epoch, logs=None):
            self.rates = {
                phase: float(optimizer.learning_rate)
                for phase, optimizer in model.phase_optimizers.items()
            }
            expected = 0.001 * 0.995**epoch
            assert self.rates["mle"] == pytest.approx(expected, rel=1e-6)
            assert self.rates["discriminator"] == pytest.approx(
                expected, rel=1e-6
            )
            assert self.rates["adversarial"] == pytest.approx(
                expected / 10, rel=1e-6
            )

    history = model.fit(
        endless(make_batch(256)),
        steps_per_epoch=schedule.steps,
        epochs=2,
        verbose=0,
        shuffle=False,
        callbacks=[Watch()],
    )
    runs = [
        ("adversarial", 35),
        ("sample", 20),
        ("discriminator", 40),
        ("mle", 50),
        ("sample", 20),
        ("discriminator", 40),
    ]
    assert done == [name for name, steps in runs * 2 for _ in range(steps)]
    assert model.replay.added == 2 * 2 * 5_000
    optimizers = model.phase_optimizers
    assert int(optimizers["adversarial"].iterations) == 2 * 35
    assert int(optimizers["mle"].iterations) == 2 * 50
    assert int(optimizers["discriminator"].iterations) == 2 * 80
    assert model.step == 2 * schedule.steps
    assert {
        "mle_loss",
        "adversarial_loss",
        "discriminator_loss",
        "human_accuracy",
        "generated_accuracy",
    } <= set(history.history)


def test_discriminator_batches_are_balanced_and_share_no_input(monkeypatch):
    model = make_model()
    rows = np.arange(40)[:, None]
    tokens = np.concatenate(
        [4 + rows // 9, 4 + rows % 9, np.full_like(rows, EOS)], axis=1
    ).astype(np.int32)
    batches = tf.data.Dataset.from_tensor_slices(
        {"context": tokens, "response": tokens}
    ).batch(5)
    seen = []
    original = PHASE_STEPS["discriminator"]

    def watch(model, data):
        seen.append({key: value.numpy() for key, value in data.items()})
        return original(model, data)

    monkeypatch.setitem(PHASE_STEPS, "discriminator", watch)
    schedule = schedule_of(
        Phase("sample", samples=10), Phase("discriminator", 5)
    )
    model.compile(schedule, run_eagerly=True)
    model.fit(batches, steps_per_epoch=schedule.steps, verbose=0, shuffle=False)
    assert len(seen) == 5
    for data in seen:
        assert data["context"].shape[0] == 5
        assert data["generated_context"].shape[0] == 5
        human = {tuple(row) for row in data["context"]}
        generated = {tuple(row) for row in data["generated_context"]}
        assert not human & generated


def test_mismatched_pairs_are_other_inputs_responses_weighted_as_set(float64):
    model = make_model(mismatched=0.3)
    randomise(model)
    model.compile(schedule_of(Phase("discriminator", 3)))
    batch = make_batch(5)
    tensors = {key: tf.constant(tokens) for key, tokens in batch.items()}
    data = with_generated(
        with_mismatched(tensors, tf.distribute.get_strategy())
    )
    others = data["mismatched_response"].numpy()
    assert sorted(map(tuple, others)) == sorted(map(tuple, batch["response"]))
    assert not any((others == batch["response"]).all(axis=1))
    expected = 0
    for name, weight, is_bot in (
        ("human", 1, 0),
        ("generated", 0.7, 1),
        ("mismatched", 0.3, 1),
    ):
        context = tf.constant(data.get(f"{name}_context", batch["context"]))
        response = tf.constant(data.get(f"{name}_response", batch["response"]))
        look_up = model.generator.word_embedding
        a = model.discriminator(
            {
                "context": look_up(context),
                "context_mask": context != PAD,
                "response": look_up(response),
                "response_mask": response != PAD,
            }
        ).numpy()
        expected -= weight * np.log(a if is_bot else 1 - a).mean() / 2
    found = model.train_step(data)
    assert float(found["discriminator_loss"]) == pytest.approx(expected)
    assert 0 <= float(found["mismatched_accuracy"]) <= 1


def test_a_memorable_batch_is_learned_and_reproduced():
    generator = make_generator(
        vocabulary_size=40,
        encoder_units=24,
        decoder_units=48,
        attention_units=16,
        output_units=32,
        embedding_dimension=16,
    )
    model = GANDialogueModel(
        generator, build_discriminator(DiscriminatorConfig(16, 1, 4, 4))
    )
    schedule = Schedule((Phase("mle", 500),), 32, {"mle": 0.01})
    model.compile(schedule)
    batch = make_batch(32, v=40)
    model.fit(endless(batch), steps_per_epoch=500, verbose=0, shuffle=False)
    perplexity = model.evaluate(
        tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True
    )["perplexity"]
    assert perplexity < 1.1
    tokens = decode(generator, generator.encode(batch["context"])).tokens
    np.testing.assert_array_equal(
        tokens, batch["response"][:, : tokens.shape[1]]
    )


def test_scheduled_sampling_trains_on_its_own_tokens():
    batch = make_batch(5)
    results = []
    for probability in (0.0, 1.0):
        model = make_model(scheduled_sampling=probability)
        randomise(model.generator)
        run_phase(model, "mle", batch)
        results.append(values(model.generator))
    assert any(
        not np.array_equal(first, second)
        for first, second in zip(*results, strict=True)
    )


def test_scheduled_sampling_is_teacher_forcing_on_what_it_chose(
    float64, monkeypatch
):
    """Whether or not the steps that chose it are taken again."""
    results = []
    models = [make_model(scheduled_sampling=0.5) for _ in range(2)]
    for model, again in zip(models, (False, True), strict=True):
        monkeypatch.setattr(cudnn, "is_available", lambda again=again: again)
        randomise(model.generator)
        run_phase(model, "mle", make_batch(5))
        results.append(values(model.generator))
    for kept, taken in zip(*results, strict=True):
        np.testing.assert_allclose(kept, taken, rtol=1e-9, atol=1e-9)


def test_fit_without_a_schedule_says_what_is_missing():
    model = make_model()
    model.compile()
    with pytest.raises(ValueError, match="set a schedule before fit"):
        model.make_train_function()


def test_an_optimiser_has_slots_once_a_schedule_has_its_phase():
    model = make_model()
    model.compile(schedule_of(Phase("mle", 1)))
    optimizers = model.phase_optimizers
    built = [phase for phase in optimizers if optimizers[phase].built]
    assert built == ["mle"]
    model.set_schedule(schedule_of(Phase("mle", 1), Phase("adversarial", 1)))
    built = [phase for phase in optimizers if optimizers[phase].built]
    assert built == ["mle", "adversarial"]


@pytest.mark.parametrize("order", ["compiled again", "schedule first"])
def test_slots_are_there_before_the_first_step(order):
    model = make_model()
    schedule = schedule_of(Phase("mle", 1))
    if order == "compiled again":
        model.compile(schedule)
        model.set_schedule(schedule, epoch=2)
    else:
        model.set_schedule(schedule, epoch=2)
    model.compile(run_eagerly=True)
    assert model.phase_optimizers["mle"].built
    assert model.epoch == 2


@pytest.mark.slow
def test_fit_runs_under_a_mirrored_strategy():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = make_model()
        schedule = schedule_of(
            Phase("mle", 1),
            Phase("sample", samples=5),
            Phase("discriminator", 1),
            Phase("adversarial", 1),
        )
        model.compile(schedule)
    model.fit(
        endless(make_batch(5)),
        steps_per_epoch=schedule.steps,
        verbose=0,
        shuffle=False,
    )
    assert model.step == 4
    assert len(model.replay) == 5


@pytest.mark.slow
def test_every_phase_runs_in_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make_model()
        schedule = schedule_of(
            Phase("adversarial", 1),
            Phase("sample", samples=5),
            Phase("discriminator", 1),
            Phase("mle", 1),
        )
        model.compile(schedule)
        history = model.fit(
            endless(make_batch(5)),
            steps_per_epoch=schedule.steps,
            verbose=0,
            shuffle=False,
        ).history
    finally:
        keras.config.set_dtype_policy(policy)
    for name in ("mle_loss", "adversarial_loss", "discriminator_loss"):
        assert np.isfinite(history[name][0])
    assert {v.dtype for v in model.trainable_variables} == {"float32"}


def lstm_parameters(inputs, units):
    return 4 * units * (inputs + units + 1)


@pytest.mark.slow
def test_the_paper_preset_has_the_papers_parameters():
    """Counts derived from PAPER.md alone, layer by layer."""
    V, dimension, encoder, decoder = 30_000, 300, 512, 1028
    paper = load_preset(
        "paper",
        [f"generator.vocabulary_size={V}", "generator.max_length=21"],
    )
    words = V * dimension
    encoder_count = 2 * lstm_parameters(dimension, encoder) + 3 * (
        2 * lstm_parameters(2 * encoder, encoder)
    )
    decoder_count = lstm_parameters(dimension, decoder) + 3 * lstm_parameters(
        decoder, decoder
    )
    bridge = 4 * 2 * (2 * encoder + 1) * decoder
    attention = (2 * encoder + decoder) * 250 + 250 + 250
    output = (decoder + 2 * encoder + 1) * 500
    projection = (500 + 1) * V
    generator = build_generator(paper.generator)
    assert generator.count_params() == (
        words
        + encoder_count
        + decoder_count
        + bridge
        + attention
        + output
        + projection
    )

    stack = 2 * lstm_parameters(dimension, 128) + 2 * lstm_parameters(256, 128)
    head = (2 * 256 + 1) * 100 + 100 + 1
    sizes = DiscriminatorConfig(
        dimension,
        paper.discriminator.layers,
        paper.discriminator.units,
        paper.discriminator.hidden_units,
    )
    discriminator = build_discriminator(sizes)
    assert discriminator.count_params() == 2 * stack + head

    model = GANDialogueModel(
        generator, discriminator, replay=Replay(100, 10, 21, 21)
    )
    schedule = schedule_of(
        Phase("mle", 1),
        Phase("sample", samples=4),
        Phase("discriminator", 1),
        Phase("adversarial", 1),
        batch_size=4,
    )
    model.compile(schedule)
    batch = {
        "context": make_tokens(4, 1, highest=20, v=V),
        "response": make_tokens(4, 2, highest=20, v=V),
    }
    history = model.fit(
        endless(batch),
        steps_per_epoch=schedule.steps,
        verbose=0,
        shuffle=False,
    ).history
    assert history["mle_loss"][0] == pytest.approx(np.log(V), rel=0.05)
    assert 0 < history["adversarial_loss"][0] < 1
    assert np.isfinite(history["discriminator_loss"][0])
