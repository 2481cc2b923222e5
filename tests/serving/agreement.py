"""Python and graph text processing side by side."""

import tensorflow as tf

from keras_dialgan.serving import graph_text
from keras_dialgan.serving.graph_phrases import PhraseMatcher, write_phrases
from keras_dialgan.serving.graph_rules import GraphRulesTagger, gazetteer_labels
from keras_dialgan.text import TaggedUtterance

_BATCH = 1000


def rules_tagger(folder):
    """The rules tagger as graph ops, its phrase table in a folder."""
    path = folder / "phrases.tsv"
    return GraphRulesTagger(
        PhraseMatcher(path, write_phrases(gazetteer_labels(), path))
    )


def graph_analyser(tagger):
    """Returns the graph's counterpart of `EntityTagger.analyse`."""

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string)], autograph=False
    )
    def compiled(raw):
        tagged = tagger.analyse(graph_text.last_characters(raw, 10**6))
        return tagged.tokens, tagged.surfaces, tagged.spans.rows

    def analyse(texts):
        raw = [text.encode() for text in texts]
        tokens, surfaces, rows = compiled(
            tf.constant(raw, tf.string, [len(raw)])
        )
        utterances = [
            TaggedUtterance([token.decode() for token in row], [])
            for row in tokens.to_list()
        ]
        for row, surface in zip(rows.numpy(), surfaces.numpy(), strict=True):
            utterances[row].surfaces.append(surface.decode())
        return utterances

    return analyse


def disagreements(texts, tagger, analyse):
    """Lists each text that the two analyse differently, with both results."""
    found = []
    for start in range(0, len(texts), _BATCH):
        chunk = texts[start : start + _BATCH]
        pairs = zip(tagger.analyse(chunk), analyse(chunk), strict=True)
        found += [
            (text, *pair)
            for text, pair in zip(chunk, pairs, strict=True)
            if pair[0] != pair[1]
        ]
    return found
