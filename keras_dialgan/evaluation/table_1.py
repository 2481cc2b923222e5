"""Table 1: what each stage answers to some utterances."""

from collections.abc import Sequence
from pathlib import Path

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.held_out import respond
from keras_dialgan.models import Generator
from keras_dialgan.text import detokenize
from keras_dialgan.training import STAGES, ModelDirectory


def answer(
    directory: ModelDirectory, generator: Generator, utterances: Sequence[str]
) -> list[str]:
    """Answers utterances greedily.

    Args:
        directory: the model, for its way from text to tokens.
        generator: one of its stages.
        utterances: as a person would type them.
    """
    encoded = directory.text_pipeline().encode(list(utterances))
    return [
        detokenize(directory.vocabulary.decode(response))
        for response in respond(generator, encoded)
    ]


def table_1(
    directory: ModelDirectory, utterances: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Answers utterances with every saved stage.

    Args:
        directory: the model.
        utterances: as a person would type them.

    Returns:
        Utterance to stage (`A mle`, ...) to response.
    """
    table: dict[str, dict[str, str]] = {
        utterance: {} for utterance in utterances
    }
    for stage in directory.stages:
        generator, _ = directory.load_stage(stage)
        answers = answer(directory, generator, utterances)
        for row, text in zip(table.values(), answers, strict=True):
            row[f"{STAGES[stage]} {stage}"] = text
    return table


def read_utterances(path: str | Path) -> list[str]:
    """Reads a file of utterances, one a line, blank lines left out.

    Raises:
        UserError: if there is no such file, or it holds no utterance.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text ({error})") from None
    lines = [line.strip() for line in text.splitlines()]
    utterances = list(dict.fromkeys(line for line in lines if line))
    if not utterances:
        raise UserError(f"{path}: holds no utterance")
    return utterances


def as_markdown(table: dict[str, dict[str, str]]) -> str:
    """Lays the table out in Markdown, a column for each stage."""
    stages = list(next(iter(table.values()), {}))
    rows = [["utterance", *stages], ["---"] * (len(stages) + 1)]
    rows += [[utterance, *row.values()] for utterance, row in table.items()]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        for row in rows
    )
