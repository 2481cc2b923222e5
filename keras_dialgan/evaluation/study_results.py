"""A study's table and plot."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from keras_dialgan.evaluation.pictures import write_figure
from keras_dialgan.evaluation.study import ROWS
from keras_dialgan.evaluation.tables import HEADINGS, columns

# Quality where no judge was trained: perplexity needs none.
_AXES = ("relevance", "informative", "perplexity")


def study_table(results: dict[str, Any]) -> str:
    """Lays the results out: a column for each variation and stage.

    A number behind ± is the standard error of the mean over the seeds; that
    beneath ±inputs, the one of a seed's margin over the inputs.
    """
    rows = {
        f"{name}, {row[0]}": results[name][row]
        for name in results
        for row in ROWS
    }
    lines = [["", *rows]]
    for metric, heading in HEADINGS.items():
        if any(metric in found for found in rows.values()):
            cells = [_cell(found.get(metric)) for found in rows.values()]
            lines.append([heading, *cells])
    return f"{columns(lines)}{_levels(results)}"


def plot_study(results: dict[str, Any], path: str | Path) -> None:
    """Draws every variation's stages A and D: quality against distinct-2.

    Small marks are seeds; large ones their mean with its standard error.

    Args:
        results: from `run_study`.
        path: the PNG to write.
    """
    found = [results[name][row] for name in results for row in ROWS]
    quality = next(
        axis for axis in _AXES if all(axis in metrics for metrics in found)
    )
    figure = Figure(figsize=(7, 4.5))
    axis = figure.subplots()
    for number, name in enumerate(results):
        for row, marker in zip(ROWS, ("s", "o"), strict=True):
            x, y = results[name][row]["distinct_2"], results[name][row][quality]
            color = f"C{number}"
            axis.plot(x["values"], y["values"], marker, color=color, ms=3)
            axis.errorbar(
                x["mean"],
                y["mean"],
                xerr=x["standard_error"],
                yerr=y["standard_error"],
                fmt=marker,
                color=color,
                ms=8,
                label=f"{name}, {row}",
            )
    axis.set_xlabel(HEADINGS["distinct_2"])
    axis.set_ylabel(HEADINGS[quality])
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    write_figure(figure, path)


def _levels(results: dict[str, Any]) -> str:
    lines = [
        [
            f"{name} at distinct-2 {level['distinct_2']:.2f}",
            _cell(level["margin"]),
            f"{level['input_error']:.3f}",
            ", ".join(level["verdicts"]),
        ]
        for name in results
        for level in results[name].get("levels", [])
    ]
    if not lines:
        return ""
    heading = [
        "margin above the frontier of stage A",
        "margin",
        "±inputs",
        "by seed",
    ]
    return f"\n\n{columns([heading, *lines])}"


def _cell(value: dict[str, Any] | None) -> str:
    if value is None:
        return "-"
    if value["standard_error"] is None:
        return f"{value['mean']:.3f}"
    return f"{value['mean']:.3f} ±{value['standard_error']:.3f}"
