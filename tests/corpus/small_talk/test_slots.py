import re
from collections import defaultdict

from keras_dialgan.corpus.small_talk.grammar import load_situations
from keras_dialgan.corpus.small_talk.slots import FORMS
from keras_dialgan.text import get_tagger

NUMBER_WORDS = set(
    "zero two three four five six seven eight nine ten eleven twelve "
    "thirteen fifteen twenty thirty forty fifty sixty hundred thousand "
    "million billion dozen".split()
)


def literal_words():
    for situation in load_situations():
        for phrases in situation.utterances + situation.responses:
            for phrase in phrases:
                text = phrase.pattern.replace("%s", " ")
                yield from re.findall(r"[a-z0-9']+", text.lower())


def test_no_value_belongs_to_two_slots():
    slots = defaultdict(set)
    for form in FORMS.values():
        for index in form.choices:
            slots[form.values[index].lower()].add((form.slot, index))
    assert [v for v, owners in slots.items() if len(owners) > 1] == []


def test_templates_name_people_places_and_numbers_only_through_slots():
    tagged = {
        form.values[index].lower()
        for form in FORMS.values()
        if form.tag
        for index in form.choices
    }
    literal = set(literal_words())
    assert literal & tagged == set()
    assert literal & NUMBER_WORDS == set()
    assert [word for word in literal if word.isdigit()] == []


def test_people_and_places_are_thirty_to_forty_each():
    for name in ("person", "place"):
        assert 30 <= len(FORMS[name].choices) <= 40


def test_parts_of_a_slot_divide_its_values():
    for whole, parts in {
        "person": ("woman", "man"),
        "place": ("city", "country"),
        "relative": ("female", "male"),
    }.items():
        chosen = [FORMS[part].choices for part in parts]
        assert sorted(sum(chosen, ())) == list(FORMS[whole].choices)


def test_the_rules_tagger_knows_every_person_place_and_number():
    forms = [form for form in FORMS.values() if form.tag]
    texts, tags = [], []
    for form in forms:
        for index in form.choices:
            texts.append(f"We saw {form.values[index]} again.")
            tags.append(form.tag)
    for tokens, tag in zip(get_tagger("rules").tag(texts), tags, strict=True):
        assert list(tokens) == ["we", "saw", tag, "again", "."]
