"""Talking to a trained model, and serving it.

What exporting needs is imported where it is used, not here: see
`keras_dialgan.serving.saved_model.export_saved_model` and, for exported
models and their servers, `keras_dialgan.serving.exported`.
"""

from keras_dialgan.serving.chatbot import Chatbot, Reply, load_chatbot
from keras_dialgan.serving.tag_filling import NEUTRAL_WORDS, fill_tags
from keras_dialgan.serving.terminal_chat import TerminalChat

__all__ = [
    "NEUTRAL_WORDS",
    "Chatbot",
    "Reply",
    "TerminalChat",
    "fill_tags",
    "load_chatbot",
]
