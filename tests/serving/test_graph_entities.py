import pytest

from keras_dialgan.serving.graph_entities import (
    GraphEntityTagger,
    surface_labels,
)
from keras_dialgan.serving.graph_phrases import PhraseMatcher, write_phrases
from tests.serving.agreement import graph_analyser

ENTITIES = {
    "<person>": {"Zorba": 3, "José Łódź": 1, "Will": 2, "Paris": 1, "Q": 9},
    "<place>": {"Gondor": 2, "New York": 1, "Paris": 4, "a b c d e f g": 1},
    "<number>": {"12": 4},
}


@pytest.fixture(scope="module")
def analyse(tmp_path_factory):
    path = tmp_path_factory.mktemp("entities") / "entities.tsv"
    longest = write_phrases(surface_labels(ENTITIES), path)
    return graph_analyser(GraphEntityTagger(PhraseMatcher(path, longest)))


def test_forms_have_the_tag_that_they_had_most_often():
    assert surface_labels(ENTITIES) == {
        **{"Zorba": 0, "Jose Lodz": 0, "Will": 0},
        **{"Gondor": 2, "New York": 2, "Paris": 2},
    }


def test_what_the_table_names_and_numbers_become_tags(analyse):
    (found,) = analyse(["Zorba left New York for Gondor at 5, José Łódź!"])
    assert " ".join(found.tokens) == (
        "<person> left <place> for <place> at <number> , <person> !"
    )
    assert found.surfaces == ["Zorba", "New York", "Gondor", "5", "Jose Lodz"]


def test_forms_count_as_they_were_spelt_only(analyse):
    (found,) = analyse(["will zorba see Anna in PARIS"])
    assert found.surfaces == []


def test_a_model_that_saw_no_entities_tags_numbers(tmp_path):
    path = tmp_path / "entities.tsv"
    longest = write_phrases(surface_labels({"<person>": {}}), path)
    tagger = GraphEntityTagger(PhraseMatcher(path, longest))
    (found,) = graph_analyser(tagger)(["Zorba is 5"])
    assert found.tokens == ["zorba", "is", "<number>"]
