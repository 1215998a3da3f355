"""Peak memory of the program and of its largest jobs, each in a process of its own."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bank_files import write_large
from benchmarks.company import INVOICES
from benchmarks.environment import environment
from benchmarks.ground import on_sqlite
from benchmarks.ledgers import ledger
from benchmarks.program import served
from benchmarks.table import Line, Table

ROOT = Path(__file__).parent.parent
ENTRIES = 1_000_000
LEDGERS = (100_000, 1_000_000)
AT_REST_SECONDS = 5


def peak_of(pid: int | str) -> int:
    """Highest resident set of a process so far, in kB (Linux). `resource.getrusage` would also count
    what the parent held when it started the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def _own(task: str, *arguments: str) -> int:
    """The peak of a child that does one task and prints it."""
    command = [sys.executable, "-m", "benchmarks.memory", task, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1])


def _sync(url: str, invoices: str) -> None:
    from benchmarks.sync import consented

    with on_sqlite() as ground:
        place = consented(ground, url)
        if int(invoices):
            place.sync(int(invoices))
        place.driver.close()


def _camt(path: str, entries: str) -> None:
    from mappings.statements import open_statements

    if int(entries):
        with open(path, "rb") as content:
            file = open_statements("camt.xml", content)
            assert (sum(map(len, file.portions())), len(file.set_aside)) == (int(entries), 0)


def _fec(path: str, lines: str) -> None:
    from mappings.ledger import read_ledger

    if int(lines):
        with open(path, "rb") as content:
            file = read_ledger("fec.txt", content)
            assert (file.lines, sum(map(len, file.portions())) > int(lines) // 2) == (int(lines), True)


def _line(what: str, peak: int, imports: int | None = None) -> Line:
    return Line(what, f"{peak / 1024:,.0f} MB", "" if imports is None else f"{imports / 1024:,.0f} MB")


def _serving() -> Line:
    with served() as program:
        time.sleep(AT_REST_SECONDS)
        return _line(f"lettrage serve, {AT_REST_SECONDS} s after its start", peak_of(program.pid))


def _syncing() -> Line:
    from benchmarks.provider import running

    with running(INVOICES) as url:
        nothing, peak = _own("sync", url, "0"), _own("sync", url, str(INVOICES))
    return _line(f"sync of {INVOICES:,} invoices, SQLite", peak, nothing)


def _reading() -> Line:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "camt.xml"
        write_large(path, ENTRIES)
        size = path.stat().st_size / 1024 / 1024
        nothing, peak = _own("camt", str(path), "0"), _own("camt", str(path), str(ENTRIES))
    return _line(
        f"camt.053 of {ENTRIES:,} entries ({size:,.0f} MB), proven and read into facts", peak, nothing
    )


def _ledger(lines: int) -> Line:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fec.txt"
        with path.open("wb") as file:
            file.writelines(ledger(lines))
        size = path.stat().st_size / 1024 / 1024
        nothing, peak = _own("fec", str(path), "0"), _own("fec", str(path), str(lines))
    return _line(f"FEC of {lines:,} lines ({size:,.0f} MB), read into facts", peak, nothing)


def tables() -> list[Table]:
    """Peaks; the second figure is the same process with nothing to do."""
    if not Path("/proc/self/status").exists():
        return []
    note = (
        "Peak resident memory (VmHWM) of a process of its own; in the second column the same process with "
        "its imports and connections but without the work. A sync holds one page. A bank file is read twice, "
        "because nothing of it may be stored before its control totals hold; 32 bytes an entry are held. "
        "What of a ledger has to wait for its end waits on disk."
    )
    return [Table("Memory", (_serving(), _syncing(), _reading(), *map(_ledger, LEDGERS)), note)]


if __name__ == "__main__":
    {"sync": _sync, "camt": _camt, "fec": _fec}[sys.argv[1]](*sys.argv[2:])
    print(peak_of("self"))
