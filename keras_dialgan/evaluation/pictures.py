"""Writing figures to files and to TensorBoard.

Figures are made without `pyplot`, which would choose a window system, or
change that of a notebook.
"""

from pathlib import Path

import tensorflow as tf
from matplotlib.figure import Figure

from keras_dialgan.files import atomic_write

_DPI = 120


def write_figure(figure: Figure, path: str | Path) -> None:
    """Writes a figure as PNG, atomically."""
    figure.tight_layout()
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=_DPI)


def image_to_tensorboard(
    path: str | Path, logs: str | Path, name: str, step: int = 0
) -> None:
    """Shows a PNG in TensorBoard.

    Args:
        path: the PNG.
        logs: TensorBoard's directory.
        name: what to call the image.
        step: training step that it belongs to.
    """
    image = tf.io.decode_png(Path(path).read_bytes(), channels=4)
    writer = tf.summary.create_file_writer(str(logs))
    with writer.as_default(step):
        tf.summary.image(name, image[tf.newaxis])
    writer.close()


def text_to_tensorboard(
    markdown: str, logs: str | Path, name: str, step: int = 0
) -> None:
    """Shows text in TensorBoard."""
    writer = tf.summary.create_file_writer(str(logs))
    with writer.as_default(step):
        tf.summary.text(name, markdown)
    writer.close()
