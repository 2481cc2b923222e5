"""Talking to a trained model."""

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
