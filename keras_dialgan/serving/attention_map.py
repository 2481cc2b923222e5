"""Attention weights and the discriminator's opinion as a piece of a page."""

from html import escape

from keras_dialgan.serving.chatbot import Reply
from keras_dialgan.serving.inspection import Inspection

# Weights below it are as good as nothing: their numbers would only clutter.
_LEAST_SHOWN = 0.05

CSS = """
.inspection table {
    border: none !important; border-collapse: collapse; font-size: 0.85em;
}
.inspection tr { border: none !important; }
.inspection th, .inspection thead td {
    border: none !important;
    font-weight: 400; padding: 2px 6px; text-align: right;
}
.inspection thead th { text-align: center; }
.inspection tbody td {
    border: 1px solid var(--border-color-primary);
    height: 1.9em; min-width: 2.6em; padding: 0; text-align: center;
}
.inspection .map { overflow-x: auto; margin-top: 0.8em; }
.inspection meter { width: 8em; vertical-align: middle; }
"""


def inspection_html(title: str, reply: Reply, inspection: Inspection) -> str:
    """Shows a response, its probability, its judgement and its attention.

    Args:
        title: who responded.
        reply: the response.
        inspection: what was found out about it.

    Returns:
        HTML, every text in it escaped; to be styled with `CSS`. The map has
        a row for each token of the response and a column for each token of
        the utterance, the darker the more weight.
    """
    confidence = inspection.bot_confidence
    return (
        '<div class="inspection">'
        f"<p><b>{escape(reply.text)}</b><br>{escape(title)}, "
        f"log-probability {reply.log_probability:.2f}</p>"
        f'<p class="opinion">discriminator: <meter value="{confidence:.4f}">'
        f"</meter> {100 * confidence:.0f} % sure that a bot wrote it</p>"
        f'<div class="map">{_map(inspection)}</div></div>'
    )


def _map(inspection: Inspection) -> str:
    head = "".join(_heading(token, "col") for token in inspection.context)
    rows = "".join(
        f"<tr>{_heading(token, 'row')}{''.join(map(_cell, weights))}</tr>"
        for token, weights in zip(
            inspection.response, inspection.attention, strict=True
        )
    )
    return (
        f"<table><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _heading(token: str, scope: str) -> str:
    return f'<th scope="{scope}">{escape(token)}</th>'


def _cell(weight: float) -> str:
    number = f"{weight:.2f}".lstrip("0") if weight >= _LEAST_SHOWN else ""
    return (
        f'<td style="background: rgba(234, 88, 12, {weight:.3f})" '
        f'title="{weight:.4f}">{number}</td>'
    )
