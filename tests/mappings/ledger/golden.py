"""Writes the canonical records expected of each sample: `python -m tests.mappings.ledger.golden`.

A person reads the difference before it is committed.
"""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from mappings.ledger import LedgerFile, read_ledger

SAMPLES = Path(__file__).parent / "samples"
LEFT_OUT = {"source": {"raw_id", "external_version", "account", "provider"}}


def samples() -> list[Path]:
    return sorted(SAMPLES.glob("*.txt"))


def expected(sample: Path) -> Path:
    return sample.with_name(sample.name + ".expected.jsonl")


def records(file: LedgerFile) -> Iterator[str]:
    """One JSON object a line: the totals, facts in order, then findings."""
    totals = {
        "lines": file.lines,
        "entries": file.entries,
        "debit": file.debit_minor,
        "credit": file.credit_minor,
    }
    yield json.dumps({"ledger": totals | {"first": str(file.first_on), "last": str(file.last_on)}})
    for fact in file.facts:
        body = fact.model_dump(mode="json", exclude_defaults=True, exclude=LEFT_OUT)
        yield json.dumps({fact.entity: body}, ensure_ascii=False)
    for name, findings in (("set_aside", file.set_aside), ("warning", file.warnings)):
        for finding in findings:
            body = {"code": finding.code, "record": finding.record, "message": finding.message}
            yield json.dumps({name: body}, ensure_ascii=False)


def canonical(sample: Path) -> str:
    file = read_ledger(sample.name, BytesIO(sample.read_bytes()))
    return "".join(f"{line}\n" for line in records(file))


if __name__ == "__main__":
    for sample in samples():
        expected(sample).write_text(canonical(sample), encoding="utf-8")
