"""The page of TensorBoard that tells how a run goes."""

from tensorboard.plugins.custom_scalar import summary
from tensorboard.plugins.custom_scalar.layout_pb2 import (
    Category,
    Chart,
    Layout,
    MultilineChartContent,
)

# Category to chart to regular expressions of the tags of its curves.
_PAGE = {
    "the run at a glance": {
        "losses": (
            "mle/mle_loss",
            "adversarial/adversarial_loss",
            "discriminator/discriminator_loss",
        ),
        "discriminator accuracy": (
            "discriminator/human_accuracy",
            "discriminator/generated_accuracy",
        ),
        "variety on the probe": (
            "probe/distinct_1",
            "probe/distinct_2",
            "probe/distinct_responses",
            "probe/top_1_share",
        ),
        "variety of the averaged generator": (
            "average/distinct_1",
            "average/distinct_2",
            "average/distinct_responses",
            "average/top_1_share",
        ),
        "perplexity": ("probe/perplexity", "average/perplexity"),
    },
    "how the steps are taken": {
        "learning rates": ("[a-z]+/learning_rate",),
        "gradient norms": ("[a-z]+/[a-z]+_gradient_norm",),
        "replay: mean age of a drawn pair": ("replay/mean_age",),
        "length of responses": ("sample/sampled_length", "probe/mean_length"),
    },
}


def layout_summary() -> bytes:
    """Returns the layout of the custom scalars page, a serialised summary."""
    layout = Layout(
        category=[
            Category(
                title=title, chart=[_chart(*each) for each in page.items()]
            )
            for title, page in _PAGE.items()
        ]
    )
    return summary.pb(layout).SerializeToString()


def _chart(title: str, tags: tuple[str, ...]) -> Chart:
    # TensorBoard looks for tags that begin with the expression.
    whole = [f"{tag}$" for tag in tags]
    return Chart(title=title, multiline=MultilineChartContent(tag=whole))
