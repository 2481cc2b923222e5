"""The plot of quality against diversity."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from keras_dialgan.evaluation.frontier import DIVERSITY, QUALITY
from keras_dialgan.evaluation.pictures import write_figure

_KINDS = {
    "greedy": "s",
    "temperature": "o",
    "top_k": "^",
    "nucleus": "D",
    "beam": "v",
}


def plot_frontier(frontier: dict[str, Any], path: str | Path) -> None:
    """Draws both models' decodings with their standard errors as a PNG.

    Args:
        frontier: from `sweep_frontier`.
        path: the file to write.
    """
    figure = Figure(figsize=(7.5, 5))
    axis = figure.subplots()
    best = [
        point
        for point in frontier["baseline"]
        if point["strategy"] in frontier["frontier"]
    ]
    best.sort(key=lambda point: point[DIVERSITY])
    axis.plot(
        [point[DIVERSITY] for point in best],
        [point[QUALITY] for point in best],
        color="tab:blue",
        linewidth=1,
        label="baseline's frontier",
    )
    for name, color in (("baseline", "tab:blue"), ("model", "tab:red")):
        for kind, marker in _KINDS.items():
            points = [
                point
                for point in frontier[name]
                if point["strategy"].partition("=")[0] == kind
            ]
            if points:
                _draw(axis, points, marker, color, f"{name}, {kind}")
    axis.set_xlabel("distinct-2")
    axis.set_ylabel("relevance: mean of ctx@10 and rsp@10")
    axis.set_title(
        f"the model is {frontier['verdict']} the baseline's frontier",
        fontsize=10,
    )
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    write_figure(figure, path)


def _draw(axis, points, marker: str, color: str, label: str) -> None:
    errors = [point["standard_errors"] for point in points]
    axis.errorbar(
        [point[DIVERSITY] for point in points],
        [point[QUALITY] for point in points],
        xerr=[error[DIVERSITY] for error in errors],
        yerr=[error[QUALITY] for error in errors],
        fmt=marker,
        color=color,
        markersize=5,
        elinewidth=0.8,
        label=label,
    )
    for point in points:
        value = point["strategy"].partition("=")[2]
        axis.annotate(
            value,
            (point[DIVERSITY], point[QUALITY]),
            textcoords="offset points",
            xytext=(4, 4),
            fontsize=7,
            color=color,
        )
