"""Reports as text for a terminal."""

from typing import Any

HEADINGS = {
    "perplexity": "perplexity of the human responses, per token",
    "distinct_1": "distinct-1",
    "distinct_2": "distinct-2",
    "entropy_1": "entropy of 1-grams, bits",
    "entropy_2": "entropy of 2-grams, bits",
    "distinct_responses": "different responses / inputs",
    "top_1_share": "share of the most frequent response",
    "top_10_share": "share of the ten most frequent responses",
    "mean_length": "mean length, tokens",
    "accuracy_on_human": "own discriminator right on human",
    "accuracy_on_generated": "own discriminator right on generated",
    "valid": "valid (oracle)",
    "dull": "dull (oracle)",
    "informative": "valid and not dull (oracle)",
}


def metrics_table(report: dict[str, Any]) -> str:
    """Lays the metrics out, a column for each stage."""
    rows = report["metrics"]
    known = [
        name
        for name in HEADINGS
        if any(name in metrics for metrics in rows.values())
    ]
    lines = [["", *rows]]
    for name in known:
        cells = [
            f"{metrics[name]:.3f}" if name in metrics else "-"
            for metrics in rows.values()
        ]
        lines.append([HEADINGS[name], *cells])
    return _columns(lines)


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


def _columns(lines: list[list[str]]) -> str:
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
