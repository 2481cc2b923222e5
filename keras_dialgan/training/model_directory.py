"""The directory that training writes and every other script takes."""

from pathlib import Path

from keras_dialgan.config import Config, load_config
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.storage import ENTITIES
from keras_dialgan.errors import UserError
from keras_dialgan.files import (
    atomic_directory,
    file_inside,
    read_json,
    read_manifest,
    write_json,
)
from keras_dialgan.models import (
    Discriminator,
    Generator,
    build_discriminator,
    build_generator,
)
from keras_dialgan.text import TextPipeline, Vocabulary, get_tagger
from keras_dialgan.training.sizes import check_weight_files

FORMAT_VERSION = 1
_MANIFEST_KEYS = {
    "vocabulary_digest": str,
    "entity_tagger": dict,
    "max_length": int,
    "unknown_words": str,
}
STAGES = {
    "mle": "A",
    "after_mle": "B",
    "after_adversarial": "C",
    "final": "D",
}


class ModelDirectory:
    """A trained model on disk: self-contained, without pickles or code.

        model.json        format version, corpus facts
        config.yaml       the whole configuration
        vocabulary.txt    a token a line
        entities.json     what the tagger took for persons, places, numbers
        stages/NAME/      generator.weights.h5, discriminator.weights.h5
        metrics.jsonl     measurements during training
        logs/             TensorBoard
        checkpoints/      for --resume

    Stages are `mle` (A), `after_mle` (B), `after_adversarial` (C) and
    `final` (D); see Table 1 of the paper.

    Args:
        path: the directory.

    Raises:
        UserError: if it is not a model directory of this format.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        manifest = file_inside(self.path, "model.json")
        self.manifest = read_manifest(manifest, "model", FORMAT_VERSION)
        for key, kind in _MANIFEST_KEYS.items():
            if not isinstance(self.manifest.get(key), kind):
                raise UserError(f"{manifest}: has no sound {key!r}")
        self.config = load_config(file_inside(self.path, "config.yaml"))
        self.vocabulary = Vocabulary.load(
            file_inside(self.path, "vocabulary.txt")
        )
        if self.vocabulary.digest != self.manifest["vocabulary_digest"]:
            raise UserError(
                f"{self.path / 'vocabulary.txt'}: is not the vocabulary that "
                "the model was trained with"
            )

    @classmethod
    def create(
        cls, path: str | Path, config: Config, corpus: PreparedCorpus
    ) -> "ModelDirectory":
        """Writes a new model directory, without stages.

        Args:
            path: the directory; its former content is kept.
            config: the resolved configuration.
            corpus: the corpus to train on.
        """
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        config.save(path / "config.yaml")
        corpus.vocabulary.save(path / "vocabulary.txt")
        entities = read_json(corpus.directory / ENTITIES)
        write_json(path / ENTITIES, entities)
        write_json(
            path / "model.json",
            {
                "kind": "model",
                "format_version": FORMAT_VERSION,
                "vocabulary_digest": corpus.vocabulary.digest,
                "entity_tagger": corpus.entity_tagger,
                "max_length": corpus.max_length,
                "unknown_words": corpus.unknown_words,
            },
        )
        return cls(path)

    @property
    def stages(self) -> list[str]:
        """The stages that have been saved, in the order of training."""
        return [
            name for name in STAGES if (self.path / "stages" / name).is_dir()
        ]

    def text_pipeline(self) -> TextPipeline:
        """Returns the corpus' own way from text to tokens.

        Raises:
            UserError: if there is no such entity tagger, or it lies in the
                directory itself, which may be from somebody else.
        """
        tagger = self.manifest["entity_tagger"]
        name = Path(str(tagger.get("name")))
        if len(name.parts) > 1 and (
            not name.is_absolute()
            or name.resolve().is_relative_to(self.path.resolve())
        ):
            raise UserError(
                f"{self.path / 'model.json'}: the entity tagger {str(name)!r} "
                "must be the name of an installed one, or an absolute path "
                "outside of the model"
            )
        return TextPipeline(
            get_tagger(tagger),
            self.vocabulary,
            maps_unknown=self.maps_unknown,
        )

    @property
    def maps_unknown(self) -> bool:
        """Whether unknown words are read as the unknown token."""
        return self.manifest["unknown_words"] == "token"

    def save_stage(
        self, stage: str, generator: Generator, discriminator: Discriminator
    ) -> None:
        """Writes the weights of a stage, atomically."""
        with atomic_directory(self.path / "stages" / stage) as folder:
            generator.save_weights(folder / "generator.weights.h5")
            discriminator.save_weights(folder / "discriminator.weights.h5")

    def load_stage(
        self, stage: str | None = None
    ) -> tuple[Generator, Discriminator]:
        """Builds both models with the weights of a stage.

        Args:
            stage: its name; the last one of training when None.

        Raises:
            UserError: if the stage was not saved or its files are damaged.
        """
        stage = stage or (self.stages or ["final"])[-1]
        if stage not in self.stages:
            raise UserError(
                f"{self.path}: has no stage {stage!r}; "
                f"it has {', '.join(self.stages) or 'none yet'}"
            )
        files = [
            file_inside(self.path, f"stages/{stage}/{name}.weights.h5")
            for name in ("generator", "discriminator")
        ]
        check_weight_files(self.config, *files)
        generator = build_generator(
            self.config.generator, self.config.objective.k
        )
        discriminator = build_discriminator(self.config.discriminator)
        for model, file in zip((generator, discriminator), files, strict=True):
            _load_weights(model, file)
        return generator, discriminator

    def load_pretrained(self, generator: Generator) -> None:
        """Sets a generator to the weights of stage `mle`.

        Args:
            generator: one of the same sizes and the same vocabulary.

        Raises:
            UserError: if its sizes are others, the stage was not saved or its
                file is damaged.
        """
        changed = [
            f"{key} = {there!r} there and {here!r} here"
            for key, there in vars(self.config.generator).items()
            if (here := getattr(generator.config, key)) != there
        ]
        if changed:
            raise UserError(
                f"{self.path}: its generator has other sizes: "
                f"{', '.join(changed)}"
            )
        if "mle" not in self.stages:
            raise UserError(
                f"{self.path}: has no stage mle; its pre-training is not over"
            )
        file = "stages/mle/generator.weights.h5"
        _load_weights(generator, file_inside(self.path, file))


def _load_weights(model, file: Path) -> None:
    try:
        model.load_weights(file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: can't be read ({error})") from None
