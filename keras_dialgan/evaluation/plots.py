"""Pictures of a training run."""

from pathlib import Path

from matplotlib.figure import Figure

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.pictures import write_figure
from keras_dialgan.training import ModelDirectory
from keras_dialgan.training.records import read_records

PANELS = {
    "perplexity": "perplexity of human responses",
    "distinct_2": "distinct-2",
    "top_1_share": "share of the most frequent response",
}
CURVES = {
    "mle": ("after MLE", "tab:blue"),
    "adversarial": ("after adversarial", "tab:red"),
    "averaging": ("average of both", "black"),
}


def plot_training(directory: ModelDirectory, path: str | Path) -> None:
    """Draws the probe's measurements over the run as a PNG.

    One panel a metric; pre-training stands before step 0, the global
    iterations after it, with a curve for either phase they are measured
    after, and one for the average where it is kept.

    Args:
        directory: the model.
        path: the file to write.

    Raises:
        UserError: if the directory has no measurements.
    """
    records = read_records(directory.path / "metrics.jsonl")
    panels = [key for key in PANELS if any(key in r for r in records)]
    if not panels:
        raise UserError(f"{directory.path / 'metrics.jsonl'}: is empty")
    start = max((r["step"] for r in records if r["pretraining"]), default=0)
    figure = Figure(figsize=(4.2 * len(panels), 3.2))
    axes = figure.subplots(1, len(panels), squeeze=False)
    for axis, key in zip(axes[0], panels, strict=True):
        _draw(axis, [r for r in records if key in r], key, start)
    axes[0][-1].legend(frameon=False)
    write_figure(figure, path)


def _draw(axis, records, key: str, start: int) -> None:
    pretraining = [r for r in records if r["pretraining"]]
    axis.plot(
        [r["step"] - start for r in pretraining],
        [r[key] for r in pretraining],
        color="0.5",
        label="pre-training",
    )
    for measured, (label, color) in CURVES.items():
        chosen = [
            r
            for r in records
            if r["after"] == measured and not r["pretraining"]
        ]
        if not chosen:
            continue
        axis.plot(
            [r["step"] - start for r in chosen],
            [r[key] for r in chosen],
            color=color,
            label=label,
        )
    axis.axvline(0, color="0.8", linewidth=1)
    axis.set_title(PANELS[key], fontsize=10)
    axis.locator_params(axis="x", nbins=5)
    axis.set_xlabel("steps since MLE pre-training")
    if key == "perplexity":
        axis.set_yscale("log")
    axis.spines[["top", "right"]].set_visible(False)
