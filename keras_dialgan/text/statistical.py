"""Entity tagging with any spaCy pipeline."""

from collections.abc import Iterator, Sequence

import spacy

from keras_dialgan.errors import UserError
from keras_dialgan.text.numbers import find_numbers
from keras_dialgan.text.tagging import EntityTagger, Span
from keras_dialgan.text.vocabulary import NUMBER, PERSON, PLACE

# Numbers, dates and amounts are left to the number patterns, which take the
# digits and leave the words ("last week") in place.
_TAGS = {
    "PERSON": PERSON,
    "PER": PERSON,
    "GPE": PLACE,
    "LOC": PLACE,
    "FAC": PLACE,
}
_NER_BATCH = 1000
_ENTITY_PIPES = ("ner", "entity_ruler", "span_ruler", "beam_ner")
_EMBEDDING_PIPES = ("tok2vec", "transformer", "curated_transformer")


class SpacyTagger(EntityTagger):
    """Finds names and places by a spaCy pipeline, numbers by patterns.

    Only the components that entities depend on are run.

    Args:
        name: an installed pipeline, such as `en_core_web_sm`, or the path of
            a saved one.

    Raises:
        UserError: if there is no such pipeline or it finds no entities.
    """

    def __init__(self, name: str):
        super().__init__()
        try:
            self._nlp = spacy.load(name)
        except (OSError, ImportError, ValueError) as error:
            raise UserError(
                f"entity tagger {name!r}: no such spaCy pipeline; install it "
                f"(python -m spacy download {name}), give the path of a "
                f"saved one, or use 'rules' or 'none' ({error})"
            ) from None
        needed = [p for p in self._nlp.pipe_names if p in _ENTITY_PIPES]
        if not needed:
            raise UserError(
                f"entity tagger {name!r}: this pipeline has no component "
                f"that finds entities; choose one with 'ner', or 'rules'"
            )
        for pipe in _EMBEDDING_PIPES:
            if pipe in self._nlp.pipe_names:
                component = self._nlp.get_pipe(pipe)
                listening = getattr(component, "listening_components", [])
                needed += [pipe] if set(needed) & set(listening) else []
        self._nlp.select_pipes(enable=needed)
        self.name = name
        meta = self._nlp.meta
        self.version = f"{meta.get('name')}-{meta.get('version')}"

    def spans(
        self, texts: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Span]]]:
        with self._nlp.memory_zone():
            docs = self._nlp.pipe(texts, batch_size=_NER_BATCH)
            for text, doc in zip(texts, docs, strict=True):
                numbers = find_numbers(text)
                spans = [Span(*number, NUMBER) for number in numbers]
                for entity in doc.ents:
                    tag = _TAGS.get(entity.label_)
                    start, end = entity.start_char, entity.end_char
                    if tag and all(
                        end <= number[0] or start >= number[1]
                        for number in numbers
                    ):
                        spans.append(Span(start, end, tag))
                yield text, sorted(spans)
