"""`lettrage policy`: what matching may decide alone, what each tier is worth, what another would change."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.context import AsJson, ForTenant, opened, tenant_of
from hub.cli.frame import add, emit, say

if TYPE_CHECKING:
    from core.usecases.policy import Tried

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="Policy keys (TOML).")]
SHOWN = 50


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    group = typer.Typer(help="What matching may decide alone.", no_args_is_help=True)
    add(group, "show", show, "lettrage policy show")
    add(group, "set", set_, "lettrage policy set policy.toml --by ada")
    add(group, "try", try_, "lettrage policy try policy.toml")
    app.add_typer(group, name="policy")


def show(tenant: ForTenant = None, as_json: AsJson = False) -> None:
    """The tenant's policy, and for each tier what people confirmed and reversed."""
    from core.usecases.policy import policy_in_force
    from hub.api.policy import state_of

    with opened() as hub:
        current = state_of(policy_in_force(hub.store, tenant_of(hub, tenant).id))
    if as_json:
        emit(current.model_dump(mode="json"))
        return
    for name, value in current.values.items():
        say(f"{name} = {json.dumps(value)}")
    say("")
    for row in current.tiers:
        state = "decides alone" if row.automatic else "waits for a person"
        seen = f"{row.confirmed} confirmed, {row.reversed} reversed"
        say(f"{row.tier:4} {state:20} {seen}; precision {row.lower:.4f} to {row.upper:.4f}")


def set_(
    file: PolicyFile,
    by: Annotated[str, typer.Option("--by", help="Who sets it: kept in the audit trail.")],
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Makes a file the tenant's policy; what was decided stays decided."""
    from core.usecases.policy import set_policy
    from hub.interchange.policy_file import policy_values

    values = policy_values(file)
    with opened() as hub:
        policy = set_policy(hub.store, tenant_of(hub, tenant).id, values, person=by)
    emit({"version": policy.version}) if as_json else say(f"the policy is now {policy.version}")


def try_(file: PolicyFile, tenant: ForTenant = None, as_json: AsJson = False) -> None:
    """Which past decisions a policy would have made otherwise; nothing is written."""
    from core.usecases.policy import try_policy
    from hub.interchange.policy_file import policy_values

    values = policy_values(file)
    with opened() as hub:
        changes = try_policy(hub.store, tenant_of(hub, tenant).id, values)
    if as_json:
        emit({"changes": [tried_json(one) for one in changes]})
        return
    for one in changes[:SHOWN]:
        row = tried_json(one)
        say(
            f"{row['booking_date']}  {row['amount']:>16}  {row['now']} -> {row['then']}  {row['decision_id']}"
        )
    more = f", the first {SHOWN} are shown" if len(changes) > SHOWN else ""
    say(f"{len(changes)} decisions would be made otherwise{more}; nothing was written")


def tried_json(one: "Tried") -> dict[str, Any]:
    """A changed decision as plain values."""
    from core.model import Money

    return {
        "decision_id": one.now.id,
        "transaction_id": one.line.id,
        "booking_date": one.line.booking_date.isoformat() if one.line.booking_date else None,
        "amount": str(Money(one.line.amount_minor, one.line.currency)),
        "now": f"{one.now.outcome} {one.now.tier} {one.now.reason}",
        "then": f"{one.then.outcome} {one.then.tier} {one.then.reason}",
        "items_now": [share.item_id for share in one.now.shares],
        "items_then": [share.item_id for share in one.then.shares],
    }
