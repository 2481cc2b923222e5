"""Measurements as lines of JSON."""

import json
from pathlib import Path


def read_records(path: Path, before_step: int | None = None) -> list[dict]:
    """Reads a file of JSON lines, one measurement each.

    Args:
        path: the file; one that is missing holds nothing.
        before_step: leaves out records of later steps, which a resumed run
            will measure again.

    Returns:
        The records in their order; a line that was cut off is left out.
    """
    records = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    if before_step is None:
        return records
    return [record for record in records if record["step"] <= before_step]


def best_record(records: list[dict], perplexity_growth: float) -> dict | None:
    """Finds the most varied model of the global iterations.

    Args:
        records: measurements since the beginning of the run.
        perplexity_growth: how many times the perplexity at the end of
            pre-training a model's may be.

    Returns:
        The first record of the highest distinct-2; None if there is none
        within the bound.
    """
    pretraining = [r for r in records if r["pretraining"]]
    if not pretraining:
        return None
    most = pretraining[-1]["perplexity"] * perplexity_growth
    eligible = [
        record
        for record in records
        if not record["pretraining"]
        and record["perplexity"] <= most
        and "distinct_2" in record
    ]
    return max(eligible, key=lambda r: r["distinct_2"], default=None)
