"""Reports as text for a terminal."""

from typing import Any

from keras_dialgan.evaluation.dullness import MULTIPLE

HEADINGS = {
    "perplexity": "perplexity of the human responses, per token",
    "bleu_1": "BLEU-1, corpus, sacrebleu tok:none smooth:exp",
    "bleu_2": "BLEU-2, likewise",
    "bleu_3": "BLEU-3, likewise",
    "bleu_4": "BLEU-4, likewise",
    "self_bleu_4": "self-BLEU-4, corpus, all others as references",
    "distinct_1": "distinct-1",
    "distinct_2": "distinct-2",
    "distinct_3": "distinct-3",
    "adjusted_distinct": "expectation-adjusted distinct-1",
    "entropy_1": "entropy of 1-grams, bits",
    "entropy_2": "entropy of 2-grams, bits",
    "ent_4": "ENT-4, entropy of 4-grams, nats",
    "distinct_responses": "different responses / inputs",
    "top_1_share": "share of the most frequent response",
    "top_10_share": "share of its own ten most frequent responses",
    "dull_share": f"dull share, given > {MULTIPLE} x (human count + 1)",
    "mean_length": "mean length, tokens",
    "embedding_average": "embedding average, FastText",
    "embedding_greedy": "embedding greedy, FastText",
    "embedding_extrema": "embedding extrema, FastText",
    "ctx_at_10": "ctx@10, own context picked of ten",
    "rsp_at_10": "rsp@10, preferred to nine human responses",
    "relevance": "relevance, mean of ctx@10 and rsp@10",
    "accuracy_on_human": "own discriminator right on human",
    "accuracy_on_generated": "own discriminator right on generated",
    "adversarial_success": "adversarial success, error of a fresh evaluator",
    "valid": "valid (oracle)",
    "dull": "dull (oracle)",
    "informative": "valid and not dull (oracle)",
}


def metrics_table(report: dict[str, Any]) -> str:
    """Lays the metrics out, a column for each stage.

    A number behind ± is half of the 95 % interval over the held-out inputs.
    """
    rows, intervals = report["metrics"], report["intervals"]
    known = [
        name
        for name in HEADINGS
        if any(name in metrics for metrics in rows.values())
    ]
    lines = [["", *rows]]
    for name in known:
        cells = [
            _cell(metrics.get(name), intervals[row].get(name))
            for row, metrics in rows.items()
        ]
        lines.append([HEADINGS[name], *cells])
    return columns(lines)


def _cell(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return "-"
    low, high = interval
    return f"{value:.3f} ±{(high - low) / 2:.3f}"


def responses_table(report: dict[str, Any]) -> str:
    """Lays Table 1 and the held-out samples out, a block an utterance."""
    blocks = [
        _block(utterance, answers)
        for utterance, answers in report["table_1"].items()
    ]
    for sample in report["samples"]:
        answers = {k: v for k, v in sample.items() if k != "utterance"}
        blocks.append(_block(sample["utterance"], answers))
    return "\n".join(blocks)


def _block(utterance: str, answers: dict[str, str]) -> str:
    width = max(map(len, answers), default=0)
    lines = [
        f"    {name:<{width}}  {answer}" for name, answer in answers.items()
    ]
    return "\n".join([f"  {utterance}", *lines])


def columns(lines: list[list[str]]) -> str:
    """Aligns cells, the first column to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(
                zip(line, widths, strict=True)
            )
        ).rstrip()
        for line in lines
    )


def frontier_table(frontier: dict[str, Any]) -> str:
    """Lays the decodings of both models out, and ends with the verdict."""
    lines = [
        ["", *_POINT_COLUMNS.values(), "margin", "of the baseline's frontier"]
    ]
    for name in ("baseline", "model"):
        for point in frontier[name]:
            on_it = name == "baseline" and (
                point["strategy"] in frontier["frontier"]
            )
            lines.append(
                [
                    f"{name}, {point['strategy']}",
                    *(f"{point[column]:.3f}" for column in _POINT_COLUMNS),
                    *_margin(point, "part" if on_it else ""),
                ]
            )
    for level in frontier["levels"]:
        blank = [""] * (len(_POINT_COLUMNS) - 1)
        lines.append(
            [
                "model, best at this distinct-2 or more",
                f"{level['distinct_2']:.3f}",
                *blank,
                *_margin(level, ""),
            ]
        )
    return (
        f"{columns(lines)}\n\nverdict: the model is {frontier['verdict']} the "
        "frontier that the baseline draws by decoding\n(margins are in "
        "relevance, ± two standard errors; 'on' is within them)"
    )


_POINT_COLUMNS = {
    "distinct_2": "distinct-2",
    "relevance": "relevance",
    "ctx_at_10": "ctx@10",
    "rsp_at_10": "rsp@10",
    "top_10_share": "top-10 share",
    "mean_length": "length",
}


def _margin(entry: dict[str, Any], otherwise: str) -> list[str]:
    if "margin" not in entry:
        return ["", otherwise]
    where = "" if entry["margin_in"] == "relevance" else " in distinct-2"
    margin = f"{entry['margin']:+.3f} ±{2 * entry['margin_error']:.3f}{where}"
    return [margin, entry["verdict"].removesuffix(" of")]
