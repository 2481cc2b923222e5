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
