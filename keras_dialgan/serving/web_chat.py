"""A page to talk to models, compare them and look into their responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from keras_dialgan.errors import UserError
from keras_dialgan.serving.attention_map import CSS, inspection_html
from keras_dialgan.serving.model_library import Choice, ModelLibrary
from keras_dialgan.training import STAGES

__all__ = ["CSS", "web_chat"]

LONGEST_UTTERANCE = 1_000

# The value that each decoding strategy starts with.
_DECODING = {
    "greedy": None,
    "temperature": 0.7,
    "top_k": 10,
    "nucleus": 0.9,
    "beam": 5,
}


@dataclass(frozen=True)
class _Side:
    """The components of one of both conversations.

    Attributes:
        columns: what is hidden while nobody answers here.
        details: what was found out about each response so far.
        shown: the details of the response that was chosen.
    """

    columns: tuple[gr.Column, gr.Column]
    model: gr.Dropdown
    stage: gr.Dropdown
    messages: gr.Chatbot
    details: gr.State
    shown: gr.HTML

    @property
    def conversation(self) -> list:
        return [self.messages, self.details, self.shown]

    @property
    def asked(self) -> list:
        return [self.model, self.stage, self.messages, self.details]


def web_chat(
    library: ModelLibrary,
    left: Choice,
    right: Choice | None = None,
    decode: str = "greedy",
) -> gr.Blocks:
    """Makes the page.

    On the left a model answers, on demand another, or another stage of it,
    on the right. Below each conversation stand the attention map of a
    response and the discriminator's opinion on it: of the last response, or
    of the one that is clicked. Every visitor has conversations of their own.

    Args:
        library: the models.
        left: who answers at first.
        right: who else does; None for nobody until it is asked for.
        decode: the decoding strategy at first, as `parse_strategy` reads it.

    Returns:
        The page, for `keras_dialgan.serving.web_server.WebServer` with the
        rules `CSS`.
    """
    earliest = Choice(left.name, library.stages(left.name)[0])
    with gr.Blocks(title="Dialogue models", analytics_enabled=False) as page:
        name, value, compare = _controls(decode, right is not None)
        with gr.Row():
            talks = [
                _talk(library, "left", left, True),
                _talk(library, "right", right or earliest, right is not None),
            ]
        utterance, send = _input()
        with gr.Row():
            sides = [_side(*talk) for talk in talks]
        compare.change(
            lambda on: [gr.Column(visible=on)] * 2,
            compare,
            list(sides[1].columns),
            api_visibility="private",
        )
        gr.on(
            [utterance.submit, send.click],
            _answering(library),
            [utterance, name, value, compare, *sides[0].asked, *sides[1].asked],
            [utterance, *sides[0].conversation, *sides[1].conversation],
            trigger_mode="once",
            api_visibility="private",
        )
    return page


def _controls(decode: str, comparing: bool):
    chosen, _, number = (part.strip() for part in decode.partition("="))
    with gr.Row():
        name = gr.Dropdown(
            list(_DECODING), value=chosen, label="Decoding", elem_id="decoding"
        )
        value = gr.Number(
            float(number) if number else None,
            label="Value",
            visible=bool(number),
            elem_id="decoding-value",
        )
        compare = gr.Checkbox(
            comparing, label="Compare with another", elem_id="compare"
        )
    name.change(
        lambda name: gr.Number(
            _DECODING[name], visible=_DECODING[name] is not None, label=name
        ),
        name,
        value,
        api_visibility="private",
    )
    return name, value, compare


def _talk(library: ModelLibrary, place: str, choice: Choice, visible: bool):
    with gr.Column(visible=visible, elem_id=place) as column:
        with gr.Row():
            model = gr.Dropdown(library.names, value=choice.name, label="Model")
            stage = gr.Dropdown(
                _stage_choices(library, choice.name),
                value=choice.stage,
                label="Stage",
            )
        messages = gr.Chatbot(
            label="Conversation",
            height=320,
            render_markdown=False,
            group_consecutive_messages=False,
            buttons=[],
            placeholder="Say something; click a response to look into it",
        )
    model.change(
        lambda name: gr.Dropdown(
            _stage_choices(library, name), value=library.stages(name)[-1]
        ),
        model,
        stage,
        api_visibility="private",
    )
    return column, model, stage, messages


def _side(column, model, stage, messages) -> _Side:
    with gr.Column(
        visible=column.visible, elem_id=f"{column.elem_id}-details"
    ) as below:
        shown = gr.HTML()
    details = gr.State([])
    messages.select(_chosen, details, shown, api_visibility="private")
    messages.clear(
        lambda: ([], ""), None, [details, shown], api_visibility="private"
    )
    return _Side((column, below), model, stage, messages, details, shown)


def _stage_choices(library: ModelLibrary, name: str) -> list[tuple[str, str]]:
    return [
        (f"{stage} ({STAGES[stage]})", stage) for stage in library.stages(name)
    ]


def _chosen(details: Sequence[str], event: gr.SelectData) -> str:
    # Utterances and responses take turns.
    turn = event.index // 2
    return details[turn] if turn < len(details) else ""


def _input():
    with gr.Row():
        utterance = gr.Textbox(
            show_label=False,
            placeholder="Say something",
            max_length=LONGEST_UTTERANCE,
            scale=6,
            autofocus=True,
            elem_id="utterance",
        )
        send = gr.Button("Send", variant="primary", elem_id="send")
    return utterance, send


def _answering(library: ModelLibrary):
    def answer(
        utterance: str, name: str, value: float | None, compare: bool, *sides
    ):
        utterance = utterance.strip()[:LONGEST_UTTERANCE]
        if not utterance:
            return [gr.skip()] * 7
        decode = name
        if _DECODING[name] is not None:
            decode += "=" if value is None else f"={value:g}"
        try:
            left = _turn(library, utterance, decode, *sides[:4])
            right = (
                _turn(library, utterance, decode, *sides[4:])
                if compare
                else [gr.skip()] * 3
            )
        except UserError as error:
            gr.Warning(str(error))
            return [gr.skip()] * 7
        return ["", *left, *right]

    return answer


def _turn(library, utterance, decode, name, stage, messages, details) -> list:
    choice = Choice(name, stage)
    reply, inspection = library.answer(choice, decode, utterance)
    title = f"{name}, stage {stage} ({STAGES[stage]}), {decode}"
    found = inspection_html(title, reply, inspection)
    messages = [
        *messages,
        {"role": "user", "content": as_text(utterance)},
        {"role": "assistant", "content": as_text(reply.text)},
    ]
    return [messages, [*details, found], found]


def as_text(text: str) -> str:
    """What shows a text in a conversation, without obeying tags in it."""
    return escape(text, quote=False)
