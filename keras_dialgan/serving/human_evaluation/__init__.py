"""Which of two systems do people find better? The paper's protocol.

People talk blind with both systems side by side and then vote; see
`scripts/human_evaluation.py`.
"""

from keras_dialgan.serving.human_evaluation.ballots import (
    CHOICES,
    QUESTIONS,
    Ballot,
    BallotError,
    Ballots,
    Turn,
)
from keras_dialgan.serving.human_evaluation.report import (
    agreeing_pairs,
    fleiss_kappa,
    report,
    report_text,
    sign_test,
)

__all__ = [
    "CHOICES",
    "QUESTIONS",
    "Ballot",
    "BallotError",
    "Ballots",
    "Turn",
    "agreeing_pairs",
    "fleiss_kappa",
    "report",
    "report_text",
    "sign_test",
]
