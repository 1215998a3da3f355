"""Writes the canonical records expected of each sample: `python -m tests.mappings.einvoice.golden`.

A person reads the difference before it is committed. The companies are invented; their check digits hold.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from mappings.einvoice import EInvoiceFile, Owner, read_einvoice

SAMPLES = Path(__file__).parent / "samples"
OWNER = Owner(siren="732829320", vat_number="FR44732829320")


def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in (".pdf", ".xml"))


def expected(sample: Path) -> Path:
    return sample.with_name(sample.name + ".expected.jsonl")


def records(file: EInvoiceFile) -> Iterator[str]:
    """One JSON object a line: what the file is, its facts, then what was found."""
    yield json.dumps({"format": file.format, "profile": file.profile})
    for record in (*file.invoices, *file.statuses):
        body = record.model_dump(mode="json", exclude_defaults=True)
        yield json.dumps({record.entity: body}, ensure_ascii=False)
    for name, findings in (("set_aside", file.set_aside), ("warning", file.warnings)):
        for finding in findings:
            body = {"code": finding.code, "record": finding.record, "message": finding.message}
            yield json.dumps({name: body}, ensure_ascii=False)


def canonical(sample: Path) -> str:
    read = read_einvoice(sample.name, sample.read_bytes(), owner=OWNER, company_id="com_example")
    return "".join(f"{line}\n" for line in records(read))


if __name__ == "__main__":
    for sample in samples():
        expected(sample).write_text(canonical(sample), encoding="utf-8")
