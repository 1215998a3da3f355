"""CFONB 240: values -> file -> values, the reasons of rejects, and what is never guessed."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import BankTransaction
from mappings.statements import StatementFile, read_statements
from tests.mappings.statements.properties import quick

DAY = date(2024, 5, 6)
OWN = "30004008280001020304B"
OTHER = "30003012340123456789A"


@dataclass(frozen=True)
class Advised:
    """A detail in cents."""

    amount: int
    reason: str = "20"
    name: str = "DUVALLON SARL"
    label: str = "ECHEANCE 0042"
    beside: str = ""


def _record(code: str, operation: str, on: date, first: str, name: str, second: str, other: str) -> str:
    return (
        f"{code}000001{operation}{on:%d%m%y}E    {first:21}{name:24}{'':11}{second:21}{other:24}{'REF001':6}"
    )


def written(
    *details: Advised, operation: str = "81", total: int | None = None, own: str = OWN, on: date = DAY
) -> list[str]:
    """A group of records."""
    found = [_record("31", operation, on, own, "", own, "").ljust(240)]
    for one in details:
        if operation == "20":
            head = _record("34", operation, on, OTHER, one.name, own, "")
            tail = f"{one.label:88}{on:%d%m%y}{'':6}"
        else:
            head = _record("34", operation, on, own, "", OTHER, one.name)
            gap, original = (24, 214) if operation == "81" else (10, 212)
            said = f"{'':{gap}}{one.label:31.31}" if operation == "81" else f"{'':{gap}}{one.label:10.10}"
            tail = f"{said:{original - 128}}{on:%d%m%y}".ljust(98) + f"{one.reason:2}"
        found.append(f"{head}{tail}{one.amount:012d}")
        if one.beside:
            found.append(f"36{one.beside}".ljust(240))
    end = sum(one.amount for one in details) if total is None else total
    found.append(_record("39", operation, on, own, "", own, "").ljust(228) + f"{end:012d}")
    assert all(len(record) == 240 for record in found)
    return found


def read(*groups: list[str]) -> StatementFile:
    return read_statements("rejects.txt", "\r\n".join(r for group in groups for r in group).encode("latin-1"))


def announced(file: StatementFile) -> list[BankTransaction]:
    assert not file.statements
    return [line for notice in file.notices for line in notice.transactions]


details = st.builds(
    Advised,
    amount=st.integers(1, 10**12 - 1),
    reason=st.sampled_from(["20", "59", "14", "76"]),
    name=st.text(alphabet="ABCDEFGHIJ 0123-é", min_size=1, max_size=24).map(str.strip),
)


@quick
@given(st.lists(details, max_size=5), st.sampled_from(["81", "61", "20"]))
def test_values_come_back_from_a_written_file(lines: list[Advised], operation: str) -> None:
    total = sum(line.amount for line in lines)
    if total >= 10**12:
        return
    sign = 1 if operation == "20" else -1
    found = announced(read(written(*lines, operation=operation)))
    assert [line.amount_minor for line in found] == [sign * line.amount for line in lines]
    assert {line.status for line in found} <= {"pending"}
    assert [line.counterparty_name or "" for line in found] == [line.name for line in lines]
    assert {line.booking_date for line in found} <= {DAY}


@pytest.mark.parametrize(("reason", "iso"), [("20", "AM04"), ("59", "MS03"), ("76", "76")])
def test_a_reject_has_its_reason_and_its_label(reason: str, iso: str) -> None:
    [line] = announced(read(written(Advised(4990, reason))))
    assert (line.operation, line.return_reason) == ("direct_debit_return", iso)
    assert line.provider_words["reject_code"] == reason
    assert line.remittance == "ECHEANCE 0042"
    assert line.counterparty_iban is not None
    assert line.provider_words["original_date"] == "060524"


def test_an_unpaid_bill() -> None:
    [line] = announced(read(written(Advised(4990, "01", label="LCR 77"), operation="61")))
    assert (line.operation, line.return_reason, line.remittance) == ("trade_bill", "01", "LCR 77")
    assert line.amount_minor == -4990


def test_a_transfer_that_was_settled_came_from_the_first_party() -> None:
    [line] = announced(read(written(Advised(4990), operation="20")))
    assert (line.operation, line.amount_minor, line.return_reason) == ("transfer", 4990, None)
    assert line.counterparty_name == "DUVALLON SARL"


def test_the_records_of_a_group_are_one_batch_and_keep_what_stands_beside() -> None:
    one, two = announced(read(written(Advised(1, beside="MANDAT MD-1"), Advised(2))))
    assert one.provider_words["batch"] == two.provider_words["batch"]
    assert one.provider_words["batch_count"] == "2"
    assert one.provider_words["complement"] == "MANDAT MD-1"


def test_a_total_that_differs_sets_the_group_aside_with_the_figures() -> None:
    file = read(written(Advised(1000), total=1100), written(Advised(5)))
    [finding] = file.set_aside
    assert (finding.code, finding.record) == ("balance_mismatch", "record 3 (byte 484)")
    assert "10.00 EUR" in finding.message
    assert "11.00 EUR" in finding.message
    assert [line.amount_minor for line in announced(file)] == [-5]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({8: "55"}, "unknown_operation"), ({8: "20"}, "unknown_operation"), ({21: "30004"}, ""),
        ({21: "99999"}, "unknown_operation"), ({16: "F"}, "unknown_currency"),
        ({10: "310224"}, "unreadable_date"),
        ({228: "00000000O100"}, "unreadable_amount"),
    ],
)  # fmt: skip
def test_what_would_be_a_guess_sets_the_group_aside(changed: dict[int, str], code: str) -> None:
    group = written(Advised(100))
    for start, new in changed.items():
        group[1] = group[1][:start] + new + group[1][start + len(new) :]
    assert [finding.code for finding in read(group).set_aside] == [code] * bool(code)


@pytest.mark.parametrize("kept", [slice(0, 2), slice(1, 3), slice(2, 3)])
def test_a_group_that_is_cut_is_set_aside(kept: slice) -> None:
    whole = written(Advised(100))
    file = read(whole, whole[kept])
    assert [finding.code for finding in file.set_aside] == ["statement_cut"]
    assert len(announced(file)) == 1


def test_without_line_breaks() -> None:
    text = "".join(written(Advised(1), replace(Advised(2), name="AUTRE")))
    assert len(announced(read_statements("x", text.encode("latin-1")))) == 2
