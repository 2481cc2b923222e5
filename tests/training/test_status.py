import json
from types import SimpleNamespace

import pytest

from keras_dialgan.training import Phase, Schedule
from keras_dialgan.training.status import Plan, Stage, StatusFile

SCHEDULE = Schedule(
    (Phase("adversarial", 2), Phase("sample", samples=9), Phase("mle", 4)), 5
)
PLAN = Plan(
    [
        Stage("first", Schedule((Phase("mle", 10),), 5), 1),
        Stage("second", SCHEDULE, 3),
    ]
)


def test_a_plan_counts_the_steps_that_are_left_by_phase():
    assert PLAN.steps() == 10 + 3 * (2 + 2 + 4)
    assert PLAN.steps_left(0, 0, 4) == {
        "mle": 6 + 12,
        "adversarial": 6,
        "sample": 6,
    }
    # Of the second epoch, both adversarial steps and a sample step are done.
    assert PLAN.steps_left(1, 1, 3) == {
        "mle": 8,
        "adversarial": 2,
        "sample": 3,
    }


@pytest.mark.parametrize(
    ("positions", "step", "message"),
    [
        ((0, 0, 0), 0, "from the beginning"),
        ((0, 1, 0), 10, "at step 10, after first"),
        (
            (1, 2, 5),
            31,
            "at step 31 of 34: second, epoch 3 of 3, phase mle, 1 steps into",
        ),
        ((1, 3, 0), 34, "complete"),
    ],
)
def test_a_plan_says_where_a_run_goes_on(positions, step, message):
    keys = dict(zip(("run", "epoch", "position"), positions, strict=True))
    assert message in PLAN.where(keys, step)


def test_the_file_tells_phase_step_rate_time_left_and_checkpoint(
    tmp_path, monkeypatch
):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    path = tmp_path / "status.json"
    model = SimpleNamespace(
        epoch=0, position=0, step=0, phase="mle", finished_phase=None
    )
    status = StatusFile(path, PLAN)
    status.set_model(model)
    status.begin(model, 0)
    assert json.loads(path.read_text())["state"] == "running"
    for step in range(1, 5):
        status.on_train_batch_begin(0)
        clock.now += 2.5
        model.step = model.position = step
        if step == 4:
            status.checkpoint(4)
        status.on_train_batch_end(0)
    found = json.loads(path.read_text())
    assert found["step"] == 4
    assert found["steps"] == 34
    assert found["stage"] == "first"
    assert found["phase"] == "mle"
    assert found["steps_per_second"] == 0.4
    # Phases that were not met yet are taken to be as fast.
    assert found["seconds_left"] == (34 - 4) * 2.5
    assert found["last_checkpoint"]["step"] == 4
    with pytest.raises(RuntimeError), status:
        raise RuntimeError("the cable was pulled")
    found = json.loads(path.read_text())
    assert found["state"] == "stopped"
    assert found["message"] == "the cable was pulled"
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]
