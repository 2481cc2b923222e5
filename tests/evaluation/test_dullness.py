from keras_dialgan.evaluation.dullness import MULTIPLE, dull_statistics

DULL, PLAIN = ["i", "don't", "know"], ["yes", "."]


def dull_share(responses, human):
    return dull_statistics(responses, human)["dull_share"](None)


def test_a_response_is_dull_beyond_the_multiple_of_its_human_count():
    # people: DULL once; the bound is MULTIPLE * (1 + 1)
    inputs = 4 * MULTIPLE
    human = [DULL] + [[f"w{i}"] for i in range(inputs - 1)]
    bound = 2 * MULTIPLE
    others = [[f"v{i}"] for i in range(inputs - bound)]
    assert dull_share([DULL] * bound + others, human) == 0.0
    more = [DULL] * (bound + 1) + others[1:]
    assert dull_share(more, human) == (bound + 1) / inputs


def test_people_are_never_dull():
    human = [PLAIN] * 90 + [DULL] * 10
    assert dull_share(human, human) == 0.0


def test_a_response_nobody_gave_must_be_repeated_to_be_dull():
    human = [PLAIN] * 10
    assert dull_share([["new"]] * MULTIPLE + [PLAIN] * 5, human) == 0.0
    assert dull_share([["new"]] * (MULTIPLE + 1) + [PLAIN] * 4, human) == 0.6
