import json

import numpy as np
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    as_markdown,
    held_out_pairs,
    make_paper_figures,
    rates_table,
    read_utterances,
    respond,
)
from keras_dialgan.evaluation.softmax_example import softmax_example
from keras_dialgan.models import pad_rows
from keras_dialgan.text import EOS, detokenize

UTTERANCES = ["hi!", "do you like dogs?"]


@pytest.fixture(scope="module")
def made(model_directory, small_corpus, tmp_path_factory):
    output = tmp_path_factory.mktemp("figures")
    return output, make_paper_figures(
        model_directory, small_corpus, output, UTTERANCES, inputs=5
    )


@pytest.mark.slow
def test_figures_and_table_are_written_as_png_json_and_markdown(made):
    output, content = made
    for name in ("figure_2", "figure_3"):
        picture = (output / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
    for name, value in content.items():
        written = json.loads((output / f"{name}.json").read_text())
        assert written == json.loads(json.dumps(value))
    assert (output / "table_1.md").read_text().startswith("| utterance | A")


@pytest.mark.slow
def test_figures_are_shown_in_tensorboard(made, model_directory):
    events = b"".join(
        path.read_bytes()
        for path in (model_directory.path / "logs").glob("events*")
    )
    for name in ("figure_2", "figure_3", "table_1"):
        assert f"paper/{name}".encode() in events


@pytest.mark.slow
def test_table_1_holds_the_answer_of_every_stage(made, model_directory):
    _, content = made
    assert list(content["table_1"]) == UTTERANCES
    generator, _ = model_directory.load_stage("mle")
    encoded = model_directory.text_pipeline().encode(UTTERANCES)
    for (response,), row in zip(
        ([r] for r in respond(generator, encoded)),
        content["table_1"].values(),
        strict=True,
    ):
        words = model_directory.vocabulary.decode(response)
        assert row["A mle"] == detokenize(words)
        assert list(row)[-1] == "D final"


def test_the_example_is_the_step_of_highest_entropy(
    model_directory, small_corpus
):
    generator, _ = model_directory.load_stage("final")
    contexts = held_out_pairs(small_corpus, 4).contexts
    found = softmax_example(generator, small_corpus.vocabulary, contexts, (2,))
    entropies = []
    for context, response in zip(
        contexts, respond(generator, contexts), strict=True
    ):
        tokens = [*response, EOS][: generator.config.max_length]
        logits = generator(
            {"context": pad_rows([context]), "response": np.array([tokens])}
        )
        shares = np.exp(np.asarray(logits, float)[0])
        shares /= shares.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropies += list(-np.nansum(shares * np.log(shares), axis=1))
        for step, row in enumerate(shares):
            if entropies[len(entropies) - len(shares) + step] == max(entropies):
                best = np.sort(row)[::-1]
                before = response[:step]
    np.testing.assert_allclose(found["softmax"], best[:12], rtol=1e-3)
    assert found["before"] == small_corpus.vocabulary.decode(before)
    assert found["rest"] == pytest.approx(best[12:].sum(), abs=1e-4)
    expected = best[:2] / best[:2].sum()
    assert found["top_k"][2][:2] == pytest.approx(expected, rel=1e-3)
    assert sum(found["top_k"][2][2:]) == 0


def test_the_rates_table_stands_beside_the_papers_numbers():
    measured = {
        "rates": [
            {"k": 2, "all": 0.987, "distinct": 0.85},
            {"k": 7, "all": 0.5, "distinct": 0.25},
        ]
    }
    _, second, seventh = rates_table(measured).splitlines()
    assert second.split() == ["2", "98.7", "85.0", "98", "97"]
    assert seventh.split() == ["7", "50.0", "25.0"]


def test_markdown_keeps_a_bar_inside_of_its_cell():
    table = as_markdown({"a|b": {"A mle": "yes"}})
    assert table.splitlines()[2] == "| a\\|b | yes |"


def test_utterances_are_the_different_lines_of_a_file(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("hello\n\n who? \nhello\n", encoding="utf-8")
    assert read_utterances(path) == ["hello", "who?"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"\n \n", "holds no utterance"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_wrong_file_of_utterances_is_refused(tmp_path, content, message):
    path = tmp_path / "lines.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_utterances(path)
