"""Asks a provider to tell us of changes, so that a payment is known in seconds and not in an hour."""

import secrets
from typing import Final

from core.model import Connection
from core.ports import Nudges, Store, Vault
from core.usecases.connect import Chance

PURPOSE: Final = "provider-webhook"
"""The vault purpose of the secret a provider signs with; the owner is the connection."""


def listen(
    store: Store,
    vault: Vault,
    nudges: Nudges,
    tenant_id: str,
    connection_id: str,
    *,
    address: str,
    chance: Chance = secrets.token_urlsafe,
) -> bool:
    """Subscribes an active connection to its provider's webhooks at `address`; again changes nothing.

    The secret is made once and kept before the provider hears it, so that no message can come first.
    False when there is nothing to listen to: polling goes on either way.
    """
    with store.begin(tenant_id, write=False) as unit:
        connection = unit.load(Connection, connection_id)
    if connection is None or connection.state != "active":
        return False
    secret = vault.read_secret(tenant_id, connection_id, PURPOSE)
    if secret is None:
        secret = chance().encode()
        vault.put_secret(tenant_id, connection_id, PURPOSE, secret)
    return nudges.subscribe(tenant_id, connection, address=address, secret=secret.decode())
