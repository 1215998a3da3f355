"""The snippet in the user's page runs."""

import re
from pathlib import Path


def test_the_snippet_runs(capsys) -> None:  # type: ignore[no-untyped-def]
    page = Path(__file__).parents[3] / "docs" / "bank-files.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    for snippet in snippets:
        exec(compile(snippet, str(page), "exec"), {})
    assert "FR5430004008280001020304B50 125000" in capsys.readouterr().out
    assert len(snippets) == 1
