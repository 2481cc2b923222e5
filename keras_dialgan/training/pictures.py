"""Figures of a generator, drawn without a screen.

Matplotlib is imported where something is drawn, and without its `pyplot`,
which would choose a window system and keep every figure alive.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keras_dialgan.models.nearest_word import PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 100


class AttentionMap(NamedTuple):
    """What the decoder attended to in one response.

    Attributes:
        context: the tokens that were read, the end token included.
        response: the tokens that were written, likewise.
        weights: a of Eq. 2, `[response, context]`.
    """

    context: list[str]
    response: list[str]
    weights: np.ndarray


def draw_nearest_word_rates(measured: dict[str, Any]) -> "Figure":
    """Draws Figure 3, the nearest-neighbour rates beside the paper's.

    Args:
        measured: from `NearestWordRates`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 3.8), layout="tight")
    axis = figure.subplots()
    ks = [rate["k"] for rate in measured["rates"]]
    for place, (name, label, color) in enumerate(
        (
            ("all", "all tokens", "tab:blue"),
            ("distinct", "distinct tokens", "tab:red"),
        )
    ):
        axis.plot(
            ks,
            [rate[name] for rate in measured["rates"]],
            marker="o",
            color=color,
            label=label,
        )
        axis.plot(
            list(PAPER),
            [values[place] for values in PAPER.values()],
            marker="x",
            linestyle=":",
            color=color,
            label=f"{label}, paper",
        )
    axis.set_xlabel("k")
    axis.set_ylabel("true word vector is the nearest")
    axis.set_ylim(0, 1.02)
    axis.legend(frameon=False, fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def draw_attention_maps(maps: Sequence[AttentionMap]) -> "Figure":
    """Draws attention maps below each other, the darker the more weight.

    Args:
        maps: at least one.
    """
    from matplotlib.figure import Figure

    heights = [max(len(each.response), 2) for each in maps]
    width = max(len(each.context) for each in maps)
    figure = Figure(
        figsize=(0.3 * width + 1.5, 0.3 * sum(heights) + 0.9 * len(maps)),
        layout="constrained",
    )
    panels = figure.subplots(
        len(maps), 1, squeeze=False, height_ratios=heights
    ).flat
    for axis, each in zip(panels, maps, strict=True):
        axis.imshow(each.weights, cmap="Oranges", vmin=0, vmax=1)
        # A token may hold a dollar sign, which would begin a formula.
        style = {"fontsize": 8, "parse_math": False}
        axis.set_xticks(
            range(len(each.context)), each.context, rotation=90, **style
        )
        axis.set_yticks(range(len(each.response)), each.response, **style)
        axis.xaxis.tick_top()
    return figure


def as_pixels(figure: "Figure") -> np.ndarray:
    """Renders a figure.

    Returns:
        uint8 `[height, width, 4]`, red, green, blue and opacity.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(_DPI)
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # A box stands for a letter that the font does not have.
        warnings.filterwarnings("ignore", message="Glyph")
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())
