import json

import pytest

from keras_dialgan.serving.human_evaluation import (
    Ballots,
    agreeing_pairs,
    fleiss_kappa,
    report,
    report_text,
    sign_test,
)


# By hand: of 10 votes, 2 * (1 + 10 + 45 + 120) / 1024 for 3 against 7.
@pytest.mark.parametrize(
    ("wins", "losses", "p"),
    [
        (7, 3, 352 / 1024),
        (3, 7, 352 / 1024),
        (8, 1, 20 / 512),
        (6, 0, 2 / 64),
        (5, 5, 1.0),
        (1, 0, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_sign_test_has_the_values_computed_by_hand(wins, losses, p):
    assert sign_test(wins, losses) == pytest.approx(p)


def test_the_sign_test_is_the_binomial_test():
    stats = pytest.importorskip("scipy.stats")
    for wins in range(8):
        for losses in range(1, 15):
            expected = stats.binomtest(wins, wins + losses).pvalue
            assert sign_test(wins, losses) == pytest.approx(expected)


def test_agreeing_pairs_are_counted():
    # Of 10 pairs of 5 people, 3 agree on the one and 1 on the other.
    assert agreeing_pairs([3, 2, 0]) == pytest.approx(0.4)
    assert agreeing_pairs([4, 0, 0]) == 1
    assert agreeing_pairs([1, 1, 1]) == 0
    assert agreeing_pairs([1, 0, 0]) is None


def test_kappa_has_the_value_of_the_example_by_fleiss():
    # Fleiss's ten subjects, 14 raters and five categories.
    counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=0.0005)


def test_kappa_is_1_when_all_agree_and_undefined_without_variety():
    assert fleiss_kappa([[4, 0, 0], [0, 4, 0], [0, 0, 4]]) == 1
    assert fleiss_kappa([[4, 0, 0]] * 3) is None
    assert fleiss_kappa([[1, 0, 0], [0, 1, 0], [0, 0, 1]]) is None
    assert fleiss_kappa([[0, 0, 0]] * 3) is None


@pytest.fixture
def ballots(tmp_path):
    """Four voted, one did not; the first system stands left for two."""
    tosses = iter([True, False, True, False, True])
    ballots = Ballots.create(
        tmp_path / "ballots.sqlite",
        {"model": "bot", "stage": "mle"},
        {"model": "bot", "stage": "final"},
        1,
        toss=lambda: next(tosses),
    )
    cast = [
        ("second", "draw", "second"),
        ("second", "first", "second"),
        ("second", "draw", "first"),
        ("first", "draw", "second"),
    ]
    questions = ("variety", "coherence", "informativeness")
    for number, votes in enumerate(cast):
        for turn in range(number + 1):
            ballots.add_turn(str(number), f"u{turn}", "f", "s")
        ballots.vote(str(number), dict(zip(questions, votes, strict=True)))
    ballots.add_turn("undecided", "hi", "f", "s")
    return ballots


def test_votes_are_counted(ballots):
    found = report(ballots)
    assert (found["people"], found["unfinished"]) == (4, 1)
    assert found["mean_turns"] == 2.5
    variety = found["questions"]["variety"]
    assert [variety[c] for c in ("first", "second", "draw")] == [1, 3, 0]
    assert variety["sign_test"] == pytest.approx(0.625)  # 2 * (1 + 4) / 16
    assert variety["majority"] == 0.75
    assert variety["agreeing_pairs"] == 0.5
    coherence = found["questions"]["coherence"]
    assert [coherence[c] for c in ("first", "second", "draw")] == [1, 0, 3]
    # P = (3 + 3 + 3) / 18, P_e = (9 + 36 + 9) / 144.
    assert found["fleiss_kappa"] == pytest.approx((0.5 - 0.375) / 0.625)


def test_preferences_are_counted_by_place(ballots):
    # Left: person 1 twice, person 2 once, person 3 once (second is left).
    assert report(ballots)["sides"] == {"left": 4, "right": 5}


def test_the_report_fits_json_and_reads_well(ballots):
    found = report(ballots)
    assert json.loads(json.dumps(found)) == found
    text = report_text(found)
    assert "first:  bot, mle" in text
    assert "4 voted after 2.5 turns on average; 1 did not finish" in text
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line}
    assert rows["variety"] == ("variety 1 3 0 p = 0.625 75 % 50 %".split())
    assert "over the questions): 0.200" in text
    assert "preferred by place: 4 left, 5 right" in text


def test_a_study_without_votes_has_a_report(tmp_path):
    ballots = Ballots.create(tmp_path / "b", {"a": "b"}, {"a": "c"}, 1)
    found = report(ballots)
    assert found["people"] == 0
    assert found["mean_turns"] is None
    assert "0 voted; 0 did not finish" in report_text(found)
