"""Measurements of speed and memory, for `scripts/benchmark.py`."""

from keras_dialgan.benchmarking.profiling import write_profile
from keras_dialgan.benchmarking.report import machine, table
from keras_dialgan.benchmarking.sections import SECTIONS, Settings, section
from keras_dialgan.benchmarking.serving import call_times
from keras_dialgan.benchmarking.text import measure_text

__all__ = [
    "SECTIONS",
    "Settings",
    "call_times",
    "machine",
    "measure_text",
    "section",
    "table",
    "write_profile",
]
