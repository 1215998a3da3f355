"""Reads a bank file of any known format into proven statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO

from core.errors import BadInput
from mappings.statements import camt, cfonb120
from mappings.statements.assemble import (
    account_fact,
    agree,
    assembled,
    given_iban,
    line_facts,
    line_key,
)  # fmt: skip
from mappings.statements.draft import Context, Draft, Line, Opened, Part, Unreadable
from mappings.statements.formats import HEAD, recognise, refusal
from mappings.statements.identity import count_equals, gaps, numbered
from mappings.statements.result import Finding, Format, Notice, ReadStatement, StatementFile

MAX_BYTES = 50 * 1024 * 1024
_CAMT = (Format.CAMT052, Format.CAMT053, Format.CAMT054)
Attempt = Callable[[], Draft]
"""Reads one statement; raises Unreadable when it cannot be taken over."""


def read_statements(
    name: str,
    content: bytes,
    *,
    account: str | None = None,
    company_id: str | None = None,
    currency: str | None = None,
    raw_id: str | None = None,
) -> StatementFile:
    """The statements in a bank file whose control totals hold; the others are set aside, each alone.

    `name` is only for messages and `Statement.file_name`. `account` (an IBAN) names the account of
    a file that does not, and must agree with one that does. `currency` is the account's, for a
    CFONB file that leaves it out. Raises BadInput for a file that cannot be read as a whole.
    """
    found = _checked(name, content)
    context = Context(name, given_iban(account), company_id, currency, raw_id)
    if found in _CAMT:
        attempts = camt.attempts(name, content)
        notes: list[Finding] = []
    else:
        attempts, notes = _cfonb(context, content)
    return _file(found, context, attempts, notes)


def _checked(name: str, content: bytes) -> Format:
    if not content.strip():
        raise BadInput(f"{name} is empty: export the statement from the bank again")
    if len(content) > MAX_BYTES:
        raise BadInput(
            f"{name} has {len(content):,} bytes and the limit is {MAX_BYTES:,}: export a shorter period"
        )
    found = recognise(content[:HEAD])
    if found not in (Format.CFONB120, *_CAMT):
        raise refusal(name, found)
    return found


def _cfonb(context: Context, content: bytes) -> tuple[Iterator[Attempt], list[Finding]]:
    return map(_attempt, _wholes(cfonb120.parts(context.name, BytesIO(content), context))), []


def _attempt(whole: Draft | Unreadable) -> Attempt:
    def attempt() -> Draft:
        if isinstance(whole, Unreadable):
            raise whole
        return whole

    return attempt


def _wholes(parts: Iterable[Part]) -> Iterator[Draft | Unreadable]:
    """Streamed statements put together again."""
    opened: Opened | None = None
    lines: list[Line] = []
    for part in parts:
        if isinstance(part, Opened):
            opened, lines = part, []
        elif isinstance(part, Line):
            lines.append(part)
        elif isinstance(part, Unreadable):
            yield part
        elif opened is not None:
            yield Draft(
                opened.account, opened.version, part.currency, part.opening, part.closing, lines,
                opened.record, others=part.others, findings=list(part.findings),
            )  # fmt: skip


def _file(
    format: Format, context: Context, attempts: Iterator[Attempt], notes: list[Finding]
) -> StatementFile:
    statements: list[ReadStatement] = []
    set_aside: list[Finding] = []
    notices: list[Notice] = []
    unnamed: set[str] = set()
    for attempt in attempts:
        try:
            draft = _named(attempt(), context, unnamed)
            if format is Format.CFONB120 or format is Format.CAMT053:
                read, findings = assembled(draft, context, format)
                notes += findings
                statements.append(read)
            notices += _notices(draft, context, format)
        except Unreadable as error:
            set_aside.append(error.finding)
    if not (statements or set_aside or notices):
        raise BadInput(f"{context.name} holds no statement: export the statement from the bank again")
    once, repeated = _once(statements)
    chain = gaps(read.statement for read in once)
    told = [_announced(notice) for notice in notices]
    file = StatementFile(format, once, tuple(set_aside), (*notes, *told, *repeated, *chain), tuple(notices))
    return numbered(file, lines=(), statements=()) if len(once) > 1 else file


def _named(draft: Draft, context: Context, unnamed: set[str]) -> Draft:
    if draft.account.iban is None:
        unnamed.add(draft.account.raw)
    if context.account and len(unnamed) > 1:
        raise BadInput(
            f"{context.name} holds {len(unnamed)} accounts without an IBAN, so --account cannot name"
            " them all: import them as separate files"
        )
    return replace(draft, account=agree(draft.account, context))


def _notices(draft: Draft, context: Context, format: Format) -> Iterator[Notice]:
    kinds = {Format.CAMT052: "interim_report", Format.CAMT054: "notification"}
    announced = [*draft.lines, *draft.pending] if format in kinds else draft.pending
    if announced or format in kinds:
        account = account_fact(draft, context)
        keys = [line_key(draft, line) for line in announced]
        lines = line_facts(draft, announced, keys, account, context, format, status="pending")
        kind = kinds.get(format, "pending_entries")
        yield Notice(kind, account, count_equals(lines, {}), draft.record)  # type: ignore[arg-type]  # one of the words above


def _announced(notice: Notice) -> Finding:
    """Says that announced lines were seen and why none of them is stored."""
    count, kind = len(notice.transactions), notice.kind.replace("_", " ")
    message = (
        f"{kind}: {count} announced {'line' if count == 1 else 'lines'}, not booked, so nothing of "
        "that is stored; import the statement (camt.053 or CFONB 120) that books them"
    )
    return Finding("announced_only", "info", message, notice.record)


def _once(statements: list[ReadStatement]) -> tuple[tuple[ReadStatement, ...], list[Finding]]:
    """A statement sent twice in one file is one statement."""
    places: dict[str, list[ReadStatement]] = defaultdict(list)
    for read in statements:
        places[read.statement.id].append(read)
    findings = [
        Finding(
            "statement_repeated",
            "warning",
            f"the same statement is {len(copies)} times in the file and was taken once",
            copies[1].record,
        )
        for copies in places.values()
        if len(copies) > 1
    ]
    return tuple(copies[0] for copies in places.values()), findings
