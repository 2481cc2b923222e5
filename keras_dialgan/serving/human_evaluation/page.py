"""The page on which people talk to both systems and vote."""

import re
import secrets
from collections.abc import Callable

import gradio as gr

from keras_dialgan.serving.human_evaluation.ballots import (
    QUESTIONS,
    Ballot,
    BallotError,
    Ballots,
)
from keras_dialgan.serving.web_chat import LONGEST_UTTERANCE, as_text

# From an utterance to a response.
Respond = Callable[[str], str]

# A cleared conversation would come back with the next turn.
CSS = "#left .icon-button-wrapper, #right .icon-button-wrapper {display: none}"

_TOKEN = re.compile(r"[\w-]{22}")
_ASKED = {
    "variety": "Whose responses were more varied?",
    "coherence": "Whose responses fitted better to what you said?",
    "informativeness": "Whose responses told more?",
}
_SIDES = ("left", "draw", "right")
_WELCOME = """\
## Two chatbots, one question: which is better?
Whatever you say is answered by both. Talk about what you like; afterwards
you are asked three questions about them. What you say and how you vote is
kept; you can close the page and come back.
"""


def evaluation_page(
    ballots: Ballots, first: Respond, second: Respond
) -> gr.Blocks:
    """Makes the page.

    A browser is a person: it keeps a random token, and everything else
    stands in the ballots. Nothing on the page tells which system is which.

    Args:
        ballots: where everything is kept.
        first: the first system's responses.
        second: the second one's.

    Returns:
        The page, for `keras_dialgan.serving.web_server.WebServer` with the
        rules `CSS`.
    """
    with gr.Blocks(title="Which is better?", analytics_enabled=False) as page:
        token = gr.BrowserState(
            None,
            storage_key=f"human-evaluation-{ballots.study_id}",
            # It is no secret; a constant lets another run read the token.
            secret=ballots.study_id,
        )
        gr.Markdown(_WELCOME)
        with gr.Row():
            talks = [_conversation(side) for side in ("left", "right")]
        utterance, send = _input()
        status = gr.Markdown(elem_id="status")
        form, answers, cast = _vote_form()
        shown = [*talks, utterance, send, status, form]
        page.load(
            lambda token: _opened(ballots, token),
            token,
            [token, *shown],
            api_visibility="private",
        )
        gr.on(
            [utterance.submit, send.click],
            lambda *values: _said(ballots, first, second, *values),
            [token, utterance],
            shown,
            trigger_mode="once",
            api_visibility="private",
        )
        cast.click(
            lambda *values: _voted(ballots, *values),
            [token, *answers],
            shown,
            trigger_mode="once",
            api_visibility="private",
        )
    return page


def _conversation(side: str) -> gr.Chatbot:
    return gr.Chatbot(
        label=side.capitalize(),
        height=360,
        elem_id=side,
        render_markdown=False,
        buttons=[],
        placeholder="Say something below",
    )


def _input():
    with gr.Row():
        utterance = gr.Textbox(
            show_label=False,
            placeholder="Say something",
            max_length=LONGEST_UTTERANCE,
            scale=6,
            # Until the page knows whose it is.
            interactive=False,
            elem_id="utterance",
        )
        send = gr.Button(
            "Send", variant="primary", interactive=False, elem_id="send"
        )
    return utterance, send


def _vote_form():
    with gr.Group(visible=False, elem_id="form") as form:
        answers = [
            gr.Radio(
                [(side.capitalize(), side) for side in _SIDES],
                label=_ASKED[question],
                elem_id=question,
            )
            for question in QUESTIONS
        ]
        cast = gr.Button("Vote (once and for all)", elem_id="vote")
    return form, answers, cast


def _opened(ballots: Ballots, token) -> list:
    if not (isinstance(token, str) and _TOKEN.fullmatch(token)):
        token = secrets.token_urlsafe(16)
    return [token, *_view(ballots, ballots.ballot(token))]


def _said(
    ballots: Ballots,
    first: Respond,
    second: Respond,
    token: str,
    utterance: str,
) -> list:
    utterance = utterance.strip()[:LONGEST_UTTERANCE]
    if not utterance:
        return _view(ballots, ballots.ballot(token))
    return _changed(
        ballots,
        ballots.add_turn,
        token,
        utterance,
        first(utterance),
        second(utterance),
    )


def _voted(ballots: Ballots, token: str, *answers: str | None) -> list:
    ballot = ballots.ballot(token)
    votes = {
        question: _choice(side, ballot)
        for question, side in zip(QUESTIONS, answers, strict=True)
        if side
    }
    return _changed(ballots, ballots.vote, token, votes)


def _changed(
    ballots: Ballots, change: Callable[..., Ballot], token: str, *values
) -> list:
    try:
        return _view(ballots, change(token, *values))
    except BallotError as error:
        return _view(ballots, ballots.ballot(token), str(error))


def _choice(side: str, ballot: Ballot | None) -> str:
    if side == "draw" or ballot is None:
        return "draw"
    return "first" if (side == "left") == ballot.first_is_left else "second"


def _view(ballots: Ballots, ballot: Ballot | None, refusal: str = "") -> list:
    """What the page shows of a ballot, in the order of its components."""
    turns = ballot.turns if ballot else ()
    first = _messages((turn.utterance, turn.first) for turn in turns)
    second = _messages((turn.utterance, turn.second) for turn in turns)
    left_is_first = ballot is None or ballot.first_is_left
    voted = bool(ballot and ballot.votes)
    missing = max(0, ballots.least_turns - len(turns))
    return [
        *((first, second) if left_is_first else (second, first)),
        gr.Textbox("", interactive=not voted),
        gr.Button(interactive=not voted),
        f"**{refusal}**" if refusal else _status(voted, missing),
        gr.Group(visible=not voted and not missing),
    ]


def _status(voted: bool, missing: int) -> str:
    if voted:
        return "**Thank you. Your vote has been counted.**"
    if missing:
        return f"Please say at least {missing} more."
    return "Go on as long as you like, then vote."


def _messages(pairs) -> list[dict[str, str]]:
    return [
        {"role": role, "content": as_text(text)}
        for pair in pairs
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
