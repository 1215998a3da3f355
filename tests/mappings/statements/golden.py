"""Writes the canonical records expected of each sample: `python -m tests.mappings.statements.golden`.

A person reads the difference before it is committed.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from mappings.statements import StatementFile, read_statements

SAMPLES = Path(__file__).parent / "samples"


def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in (".txt", ".xml", ".sta", ".ofx"))


def expected(sample: Path) -> Path:
    return sample.with_name(sample.name + ".expected.jsonl")


def records(file: StatementFile) -> Iterator[str]:
    """One JSON object a line: facts in order, then findings and what was only announced."""
    for read in file.statements:
        for fact in (read.account, read.statement, *read.transactions):
            body = fact.model_dump(mode="json", exclude_defaults=True, exclude={"source"})
            yield json.dumps({fact.entity: body}, ensure_ascii=False)
    for notice in file.notices:
        for line in notice.transactions:
            body = line.model_dump(mode="json", exclude_defaults=True, exclude={"source"})
            yield json.dumps({notice.kind: body}, ensure_ascii=False)
    for name, findings in (("set_aside", file.set_aside), ("warning", file.warnings)):
        for finding in findings:
            body = {"code": finding.code, "record": finding.record, "message": finding.message}
            yield json.dumps({name: body}, ensure_ascii=False)


def canonical(sample: Path) -> str:
    return "".join(f"{line}\n" for line in records(read_statements(sample.name, sample.read_bytes())))


if __name__ == "__main__":
    for sample in samples():
        expected(sample).write_text(canonical(sample), encoding="utf-8")
