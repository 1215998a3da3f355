"""What a tenant allows matching to decide alone."""

from typing import Any, ClassVar, Final

from core.model.base import Fact

POLICY_ID: Final = "matching"
"""The id of a tenant's one policy: setting another is a version of it."""


class MatchingPolicy(Fact):
    """The keys a tenant set, as in a policy file; every other key has its default.

    A fact, so that what was decided under an earlier policy can be derived again.
    """

    entity: ClassVar[str] = "matching_policy"
    values: dict[str, Any]
    set_by: str
