import pytest
import spacy

from keras_dialgan.errors import UserError
from keras_dialgan.text import get_tagger
from keras_dialgan.text.entity_rules import gazetteer
from keras_dialgan.text.taggers import default_tagger_name

RULES_EXAMPLES = [
    ("Do you know Anna?", "do you know <person> ?"),
    ("do you know anna?", "do you know <person> ?"),
    ("DO YOU KNOW ANNA?", "do you know <person> ?"),
    ("I know you, but anna is lower.", "i know you , but anna is lower ."),
    ("This is Anna Smith's dog", "this is <person> 's dog"),
    ("Mary Ann came", "<person> came"),
    ("james is late", "<person> is late"),
    ("ПРИВЕТ, anna", ", <person>"),
    ("José is here", "<person> is here"),
    ("Good morning, Mr. Webber.", "good morning , mr <person> ."),
    ("thanks, mr. webber", "thanks , mr <person>"),
    ("the smith works", "the smith works"),
    ("i miss you", "i miss you"),
    ("Will you mark it?", "will you mark it ?"),
    ("Will, come here", "<person> , come here"),
    ("Ask Mark again", "ask <person> again"),
    ("will mark come", "will mark come"),
    ("I live in New York City.", "i live in <place> ."),
    ("he is from south africa", "he is from <place>"),
    ("We ate turkey in Turkey", "we ate turkey in <place>"),
    ("New York's best", "<place> 's best"),
    ("I am twenty-five.", "i am <number> ."),
    ("at 5:30 with 2 men", "at <number> with <number> men"),
    ("a <person> typed it", "a person typed it"),
    ("", ""),
    ("\u266a", ""),
    ("Smith \u00a8", "smith"),
    ("New \u00a8 York", "<place>"),
]


@pytest.fixture(scope="module")
def rules():
    return get_tagger("rules")


@pytest.mark.parametrize(("text", "tokens"), RULES_EXAMPLES)
def test_the_rules_replace_names_numbers_and_places(rules, text, tokens):
    assert list(rules.tag([text])) == [tokens.split()]


def test_surface_forms_are_kept_in_order_and_counted():
    tagger = get_tagger("rules")
    (utterance,) = tagger.analyse(["Anna left Paris for Rome at 5 with Anna"])
    assert utterance.surfaces == ["Anna", "Paris", "Rome", "5", "Anna"]
    assert tagger.entities["<person>"] == {"Anna": 2}
    assert tagger.entities["<place>"] == {"Paris": 1, "Rome": 1}
    assert tagger.entities["<number>"] == {"5": 1}


def test_a_phrase_is_in_one_gazetteer_of_names_and_places():
    names = [
        gazetteer(name)
        for name in (
            "given_names",
            "ambiguous_given_names",
            "surnames",
            "places",
            "ambiguous_places",
        )
    ]
    phrases = [phrase for phrases in names for phrase in phrases]
    assert len(phrases) == len(set(phrases))
    assert all(p == p.lower().strip() and p for p in phrases)


def test_no_tagger_only_tokenises():
    assert list(get_tagger("none").tag(["Anna is 5."])) == [
        ["anna", "is", "5", "."]
    ]


def test_settings_make_an_equal_tagger(rules):
    again = get_tagger(rules.settings)
    assert again.settings == rules.settings


def test_another_version_is_reported(caplog):
    get_tagger({"name": "none", "version": "0"})
    assert "version 0" in caplog.text


def test_any_spacy_pipeline_can_tag(tmp_path):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Zorba"},
            {"label": "GPE", "pattern": "Gondor"},
            {"label": "DATE", "pattern": "last week"},
        ]
    )
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "pipeline")
    tagger = get_tagger(str(tmp_path / "pipeline"))
    (tokens,) = tagger.tag(["Zorba left Gondor last week at 5."])
    assert tokens == "<person> left <place> last week at <number> .".split()


def test_a_pipeline_that_finds_no_entities_is_refused(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(UserError, match="no component"):
        get_tagger(str(tmp_path))


def test_an_unknown_pipeline_is_named_with_the_remedy():
    with pytest.raises(UserError, match="spacy download xx_none"):
        get_tagger("xx_none")


def test_the_default_is_the_rules_where_no_pipeline_is_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert default_tagger_name() == "rules"
    assert get_tagger().name == "rules"
