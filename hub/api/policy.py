"""The tenant's matching policy: what it is, what its tiers are worth, and what another would change."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from core.model import Decision
from core.usecases.policy import InForce, policy_in_force, set_policy, try_policy
from hub.api.access import Decider, Reader, Wired
from hub.api.bodies import PolicyRequest, TrialRequest, json_of, sends
from hub.api.once import WriteOnce
from hub.api.problems import documented

router = APIRouter(prefix="/v1/policy", tags=["decisions"], route_class=WriteOnce)


class TierStanding(BaseModel):
    """A tier: whether it decides alone today, and what people made of what it decided or proposed.
    `lower` and `upper` bound its precision (one-sided 95 %)."""

    tier: str
    automatic: bool
    confirmed: int
    reversed: int
    lower: float
    upper: float


class PolicyState(BaseModel):
    """The policy in force, key by key, and its tiers."""

    version: str
    values: dict[str, Any]
    tiers: list[TierStanding]


class Change(BaseModel):
    """A past decision, made by today's policy and by the one that was tried."""

    now: Decision
    then: Decision


class Trial(BaseModel):
    """The decisions that the policy tried would have made otherwise, by booking day."""

    changes: list[Change]


@router.get("", responses=documented())
def get_policy(services: Wired, caller: Reader) -> PolicyState:
    """What matching may decide alone for this tenant, and why."""
    standard = services.rules.policy
    return state_of(policy_in_force(services.store, caller.tenant_id, standard=standard))


def state_of(current: InForce) -> PolicyState:
    """The policy in force as plain values."""
    tiers = [
        TierStanding(
            tier=tier,
            automatic=tier in current.automatic_tiers,
            confirmed=seen.confirmed,
            reversed=seen.reversed,
            lower=round(seen.lower, 6),
            upper=round(seen.upper, 6),
        )
        for tier, seen in current.tiers()
    ]
    return PolicyState(version=current.policy.version, values=current.policy.values(), tiers=tiers)


@router.put("", responses=documented(413, 415), openapi_extra=sends(PolicyRequest))
def put_policy(
    services: Wired, caller: Decider, asked: Annotated[PolicyRequest, Depends(json_of(PolicyRequest))]
) -> PolicyState:
    """Sets the policy. What was decided stays decided; what waits is decided anew."""
    set_policy(services.store, caller.tenant_id, asked.values, person=asked.by)
    return get_policy(services, caller)


@router.post("/try", responses=documented(413, 415), openapi_extra=sends(TrialRequest))
def post_trial(
    services: Wired, caller: Decider, asked: Annotated[TrialRequest, Depends(json_of(TrialRequest))]
) -> Trial:
    """A dry run over all past decisions; nothing is written."""
    found = try_policy(services.store, caller.tenant_id, asked.values, rules=services.rules)
    return Trial(changes=[Change(now=one.now, then=one.then) for one in found])
