"""The snippets in the users' pages run."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {
    "bank-files.md": "FR5430004008280001020304B50 125000",
    "cfonb.md": "ATELIERS DU NORD SARL FA-2024-0117 2500",
    "mt940.md": "2024-06-05 2500 FA-2024-0117 BK1",
    "ofx.md": "2500 VIR ATELIERS DU NORD FA-2024-0117 SOLDE\n['balance_unproven']",
}


@pytest.mark.parametrize("name", PAGES)
def test_the_snippet_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.S)
    for snippet in snippets:
        exec(compile(snippet, name, "exec"), {})
    assert PAGES[name] in capsys.readouterr().out
    assert len(snippets) == 1
