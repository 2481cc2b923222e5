"""The paper's figures and its Table 1 as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.evaluation.held_out import check_vocabulary, random_pairs
from keras_dialgan.evaluation.nearest_word import nearest_word_rates
from keras_dialgan.evaluation.pictures import (
    image_to_tensorboard,
    text_to_tensorboard,
    write_figure,
)
from keras_dialgan.evaluation.softmax_example import softmax_example
from keras_dialgan.evaluation.table_1 import as_markdown, table_1
from keras_dialgan.evaluation.tables import columns
from keras_dialgan.files import atomic_write, write_json
from keras_dialgan.models.nearest_word import PAPER
from keras_dialgan.text import detokenize
from keras_dialgan.training import ModelDirectory
from keras_dialgan.training.pictures import draw_nearest_word_rates


def draw_figure_2(example: dict[str, Any], path: str | Path) -> None:
    """Draws the softmax and the top-k softmaxes of one step.

    Args:
        example: from `softmax_example`.
        path: the PNG to write.
    """
    panels = {"softmax": example["softmax"]} | {
        f"top-{k} softmax": values for k, values in example["top_k"].items()
    }
    figure = Figure(figsize=(2.2 * len(panels), 3.6))
    axes = figure.subplots(1, len(panels), sharey=True)
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        axis.barh(range(len(values)), values, color="tab:blue")
        axis.set_title(title, fontsize=10)
        axis.set_xlim(0, 1)
        axis.set_xticks([0, 0.5, 1])
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(example["words"])), example["words"])
    axes[0].invert_yaxis()
    axes[0].set_xlabel(f"{example['rest']:.2f} on all other words", fontsize=8)
    before = detokenize(example["before"])
    figure.suptitle(
        f'after "{before}", in response to "{detokenize(example["context"])}"',
        fontsize=10,
    )
    write_figure(figure, path)


def draw_figure_3(measured: dict[str, Any], path: str | Path) -> None:
    """Draws the nearest-neighbour rates beside the paper's.

    Args:
        measured: from `nearest_word_rates`.
        path: the PNG to write.
    """
    write_figure(draw_nearest_word_rates(measured), path)


def make_paper_figures(
    directory: ModelDirectory,
    corpus: PreparedCorpus,
    output: str | Path,
    utterances: Sequence[str],
    stage: str | None = None,
    inputs: int = 1_000,
) -> dict[str, Any]:
    """Makes Figure 2, Figure 3 and Table 1 as files and for TensorBoard.

    Args:
        directory: the model.
        corpus: a corpus with its vocabulary.
        output: receives `figure_2` and `figure_3` as PNG and JSON, and
            `table_1` as Markdown and JSON.
        utterances: of Table 1; Figure 2 takes its example from the responses
            to them.
        stage: of the figures; the last one when None.
        inputs: random validation inputs of Figure 3.

    Returns:
        `figure_2`, `figure_3` and `table_1`, as in the JSON files.

    Raises:
        UserError: if the vocabularies differ or a stage is missing.
    """
    check_vocabulary(directory, corpus)
    output = Path(output)
    generator, _ = directory.load_stage(stage)
    encoded = directory.text_pipeline().encode(list(utterances))
    made = {
        "figure_2": softmax_example(generator, directory.vocabulary, encoded),
        "figure_3": nearest_word_rates(generator, random_pairs(corpus, inputs)),
        "table_1": table_1(directory, utterances),
    }
    for name, content in made.items():
        write_json(output / f"{name}.json", content)
    with atomic_write(output / "table_1.md") as file:
        file.write(f"{as_markdown(made['table_1'])}\n")
    logs = directory.path / "logs"
    for name, draw in (
        ("figure_2", draw_figure_2),
        ("figure_3", draw_figure_3),
    ):
        path = output / f"{name}.png"
        draw(made[name], path)
        image_to_tensorboard(path, logs, f"paper/{name}")
    text_to_tensorboard(as_markdown(made["table_1"]), logs, "paper/table_1")
    return made


def rates_table(measured: dict[str, Any]) -> str:
    """Lays the rates of Figure 3 out beside the paper's, in per cent."""
    lines = [["k", "all", "distinct", "paper all", "paper distinct"]]
    for rate in measured["rates"]:
        paper = [f"{100 * value:.0f}" for value in PAPER.get(rate["k"], ())]
        lines.append(
            [
                str(rate["k"]),
                *(f"{100 * rate[name]:.1f}" for name in ("all", "distinct")),
                *(paper or ["", ""]),
            ]
        )
    return columns(lines)
