"""What the votes say."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from keras_dialgan.serving.human_evaluation.ballots import (
    CHOICES,
    QUESTIONS,
    Ballot,
    Ballots,
)


def sign_test(wins: int, losses: int) -> float:
    """The exact two-sided p-value of the sign test.

    How probable an outcome as uneven as this one is when each vote falls to
    either side alike. Draws are left out.

    Args:
        wins: votes for one side.
        losses: votes for the other.
    """
    votes = wins + losses
    tail = sum(math.comb(votes, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / 2**votes)


def agreeing_pairs(counts: Sequence[int]) -> float | None:
    """The share of pairs of people whose votes are the same.

    Args:
        counts: votes for each choice.

    Returns:
        The share; None with less than two people.
    """
    people = sum(counts)
    if people < 2:
        return None
    return sum(math.comb(count, 2) for count in counts) / math.comb(people, 2)


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float | None:
    """Fleiss' kappa: agreement beyond what chance gives.

    kappa = (P - P_e) / (1 - P_e), where P is the mean share of agreeing
    pairs of people and P_e is what it would be if everybody answered every
    question at random in the proportions of all answers. 1 is complete
    agreement, 0 that of chance.

    Args:
        counts: for each question the votes for each choice; equally many
            people answered each.

    Returns:
        Kappa; None with less than two people, or when all votes are the
        same, which leaves no chance to compare with.

    Reference:
    - [Fleiss, 1971](https://doi.org/10.1037/h0031619)
    """
    shares = [agreeing_pairs(row) for row in counts]
    if None in shares:
        return None
    answers = sum(map(sum, counts))
    chance = sum(
        (sum(column) / answers) ** 2 for column in zip(*counts, strict=True)
    )
    if chance == 1:
        return None
    return (sum(shares) / len(shares) - chance) / (1 - chance)


def report(ballots: Ballots) -> dict[str, Any]:
    """Counts the votes.

    Returns:
        A dictionary that fits JSON: `first` and `second` (the systems),
        `people` who voted, `unfinished` ones, `mean_turns` of the former,
        `questions` (for each the counts, the sign test's p-value, the share
        of the most frequent choice and of agreeing pairs of people),
        `fleiss_kappa` over the questions, and `sides`: how often the left
        and the right were preferred, to see whether the place mattered.
    """
    everybody = ballots.all()
    voted = [ballot for ballot in everybody if ballot.votes]
    counts = {
        question: Counter(ballot.votes[question] for ballot in voted)
        for question in QUESTIONS
    }
    first, second = ballots.systems
    turns = [len(ballot.turns) for ballot in voted]
    return {
        "first": first,
        "second": second,
        "people": len(voted),
        "unfinished": len(everybody) - len(voted),
        "least_turns": ballots.least_turns,
        "mean_turns": sum(turns) / len(turns) if turns else None,
        "questions": {
            question: _summary(counts[question]) for question in QUESTIONS
        },
        "fleiss_kappa": fleiss_kappa(
            [[counts[q][choice] for choice in CHOICES] for q in QUESTIONS]
        ),
        "sides": _sides(voted),
    }


def _summary(counts: Counter) -> dict[str, Any]:
    votes = [counts[choice] for choice in CHOICES]
    return {
        **dict(zip(CHOICES, votes, strict=True)),
        "sign_test": sign_test(counts["first"], counts["second"]),
        "majority": max(votes) / sum(votes) if any(votes) else None,
        "agreeing_pairs": agreeing_pairs(votes),
    }


def _sides(voted: Sequence[Ballot]) -> dict[str, Any]:
    # A vote for the first system falls to the left where that stood there.
    sides = Counter(
        "left" if (choice == "first") == ballot.first_is_left else "right"
        for ballot in voted
        for choice in ballot.votes.values()
        if choice != "draw"
    )
    return {side: sides[side] for side in ("left", "right")}


def report_text(found: dict[str, Any]) -> str:
    """Writes the result of `report` as a person reads it."""
    lines = [
        f"{name + ':':<8}" + ", ".join(map(str, found[name].values()))
        for name in ("first", "second")
    ]
    people = f"{found['people']} voted"
    if found["people"]:
        people += f" after {found['mean_turns']:.1f} turns on average"
    lines += [f"{people}; {found['unfinished']} did not finish", ""]
    header = ("question", *CHOICES, "sign test", "majority", "same pairs")
    rows = [header] + [
        (
            question,
            *(str(values[choice]) for choice in CHOICES),
            f"p = {values['sign_test']:.3f}",
            _percent(values["majority"]),
            _percent(values["agreeing_pairs"]),
        )
        for question, values in found["questions"].items()
    ]
    lines += [
        f"{row[0]:<16}" + "".join(f"{cell:>11}" for cell in row[1:])
        for row in rows
    ]
    kappa = found["fleiss_kappa"]
    lines += [
        "",
        "agreement (Fleiss' kappa over the questions): "
        + ("undefined" if kappa is None else f"{kappa:.3f}"),
        f"preferred by place: {found['sides']['left']} left, "
        f"{found['sides']['right']} right",
        "sign test: exact, two-sided, without draws; majority: share of the "
        "most frequent\nchoice; same pairs: share of pairs of people who "
        "chose alike",
    ]
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"
