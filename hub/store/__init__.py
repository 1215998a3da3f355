"""The store: what the hub knows, per tenant, on SQLite or PostgreSQL.

`engine` opens transactions, `unit` is the core's Store and Unit, `vault` keeps secrets, `keys` tenants
and API keys, `directory` finds a tenant, `idempotency`, `ratelimit` and `audit` serve the API and the
connectors, `migrations` make the tables that `tables` declares.
"""
