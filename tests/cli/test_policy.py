"""A tenant's policy from the command line: shown, tried, set."""

from pathlib import Path

from tests.cli.conftest import Run


def test_a_policy_is_shown_tried_and_set(run: Run, tmp_path: Path) -> None:
    run("tenant", "create", "acme")
    wanted = tmp_path / "policy.toml"
    wanted.write_text('allow_partial = false\nearned_tiers = ["T6", "T7"]\n', "utf-8")
    before = run("policy", "show", "--json").json
    assert before["values"]["allow_partial"] is True
    assert run("policy", "try", str(wanted)).out.startswith("0 decisions would be made otherwise")
    assert run("policy", "try", str(wanted), "--json").json == {"changes": []}
    assert run("policy", "show", "--json").json == before
    version = run("policy", "set", str(wanted), "--by", "ada", "--json").json["version"]
    after = run("policy", "show", "--json").json
    assert (after["version"], after["values"]["allow_partial"]) == (version, False)
    assert {row["tier"] for row in after["tiers"] if not row["automatic"]} == {"T6", "T7"}
    shown = run("policy", "show").out
    assert "allow_partial = false" in shown
    assert "T6   waits for a person   0 confirmed, 0 reversed; precision 0.0000 to 1.0000" in shown


def test_a_wrong_policy_is_refused_by_its_key(run: Run, tmp_path: Path) -> None:
    run("tenant", "create", "acme")
    wrong = tmp_path / "policy.toml"
    wrong.write_text("tolerance = 5\n", "utf-8")
    for words in (("try", str(wrong)), ("set", str(wrong), "--by", "ada")):
        refused = run("policy", *words)
        assert refused.status == 2
        assert "tolerance" in refused.error
    assert run("policy", "try", str(tmp_path / "none.toml")).status == 2
