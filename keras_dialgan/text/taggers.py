"""Choice of an entity tagger by name."""

import importlib.util
import logging
from collections.abc import Mapping

from keras_dialgan.text.tagging import EntityTagger, NoTagger

TRAINED_PIPELINE = "en_core_web_sm"

_logger = logging.getLogger(__name__)


def default_tagger_name() -> str:
    """The trained English pipeline if it is installed, else `"rules"`."""
    if importlib.util.find_spec(TRAINED_PIPELINE):
        return TRAINED_PIPELINE
    return "rules"


def get_tagger(name: str | Mapping[str, str] | None = None) -> EntityTagger:
    """Makes an entity tagger.

    Args:
        name: `"rules"`, `"none"`, an installed spaCy pipeline, the path of a
            saved one, the `settings` of another tagger, or `None` for the
            default: `en_core_web_sm` if it is installed, else the rules.

    Returns:
        The tagger.

    Raises:
        UserError: if there is no such spaCy pipeline.
    """
    version = None
    if isinstance(name, Mapping):
        name, version = name["name"], name.get("version")
    name = name or default_tagger_name()
    if name == "none":
        tagger = NoTagger()
    elif name == "rules":
        # Both import spaCy, which takes a second.
        from keras_dialgan.text.rules import RulesTagger

        tagger = RulesTagger()
    else:
        from keras_dialgan.text.statistical import SpacyTagger

        tagger = SpacyTagger(name)
    if version not in (None, tagger.version):
        _logger.warning(
            "the corpus was prepared with version %s of the entity tagger "
            "%s, and this is version %s: entities may differ",
            version,
            name,
            tagger.version,
        )
    return tagger
