"""Reports of several seeds as one."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def aggregate(
    reports: Sequence[dict[str, Any]], row: str
) -> dict[str, dict[str, Any]]:
    """Averages a row of several reports.

    Args:
        reports: from `evaluate`, of runs that differ in the seed only.
        row: the row, such as `D final`.

    Returns:
        Metric name to `mean`, `standard_error` (of that mean over the seeds;
        None of a single seed) and `values`. A metric that is missing in a
        report is left out.
    """
    rows = [report["metrics"][row] for report in reports]
    return {
        metric: mean_and_error([values[metric] for values in rows])
        for metric in rows[0]
        if all(metric in values for values in rows)
    }


def mean_and_error(values: Sequence[float]) -> dict[str, Any]:
    """Returns the mean, its standard error over the values, and these."""
    error = None
    if len(values) > 1:
        error = float(np.std(values, ddof=1) / len(values) ** 0.5)
    return {
        "mean": float(np.mean(values)),
        "standard_error": error,
        "values": list(values),
    }


def aggregate_levels(
    reports: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Averages the margins above the baseline's frontier over the seeds.

    Args:
        reports: with a `frontier` each.

    Returns:
        For each distinct-2 that every seed's model reaches its `margin`, as
        of `mean_and_error`, the `input_error` of one seed's margin, that the
        choice of inputs makes (the mean of the seeds': they share the inputs,
        so that it does not shrink with their number), and the `verdicts` of
        the seeds.
    """
    by_level: dict[float, list[dict[str, Any]]] = {}
    for report in reports:
        for level in report["frontier"]["levels"]:
            by_level.setdefault(level["distinct_2"], []).append(level)
    return [
        {
            "distinct_2": diversity,
            "margin": mean_and_error([level["margin"] for level in levels]),
            "input_error": float(
                np.mean([level["margin_error"] for level in levels])
            ),
            "verdicts": [level["verdict"] for level in levels],
        }
        for diversity, levels in sorted(by_level.items())
        if len(levels) == len(reports)
        and len({level["margin_in"] for level in levels}) == 1
    ]
