"""DKIM keys of mail accounts: made here, sealed, never read back; and the records that go with them."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple

from tidings.messages.transports import dkim
from tidings.messages.types import Account
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem, Refused

_PURPOSE = "dkim-key"
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class DnsRecord(NamedTuple):
    """A TXT record to publish."""

    name: str
    text: str


async def make_key(core: Core, account: Account, domain: str) -> DnsRecord:
    """A new key for the account, which does not sign before it is switched on; raises Invalid, NotFound.

    Each key has a selector of its own, so that mails which are under way still verify with the record of the old one.
    """
    name = domain.strip().rstrip(".").lower().rpartition("@")[2]
    try:
        name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise Invalid({"domain": Problem("domain", "Enter the domain of the sender address, such as example.com.")})
    now = core.clock.now()
    selector = f"tidings-{now:%Y%m%d}"
    if account.dkim_selector and account.dkim_selector.startswith(selector):
        selector = f"tidings-{now:%Y%m%d%H%M%S}"
    pem = await asyncio.to_thread(dkim.new_key)
    done = await core.db.execute(
        """UPDATE mail_accounts SET dkim_domain = $2, dkim_selector = $3, dkim_key = $4, signs_mail = false, updated_at = $5
        WHERE id = $1""",
        account.id,
        name,
        selector,
        core.keys.seal(_PURPOSE, pem),
        now,
    )
    if not done:
        raise NotFound("account", account.id)
    return DnsRecord(f"{selector}._domainkey.{name}", dkim.record_of(pem))


async def record_of(core: Core, account: Account) -> DnsRecord | None:
    """The record that goes with the account's key, or None where it has none."""
    pem = await _key(core, account)
    return DnsRecord(f"{account.dkim_selector}._domainkey.{account.dkim_domain}", dkim.record_of(pem)) if pem else None


async def switch_signing(core: Core, account_id: int, *, is_on: bool) -> None:
    """Begins or ends signing; raises Refused where there is no key."""
    done = await core.db.execute(
        "UPDATE mail_accounts SET signs_mail = $2, updated_at = $3 WHERE id = $1 AND (dkim_key IS NOT NULL OR NOT $2)",
        account_id,
        is_on,
        core.clock.now(),
    )
    if not done:
        raise Refused("Make a key first.", code="no_key")


async def forget_key(core: Core, account_id: int) -> None:
    """Ends signing and destroys the key; raises NotFound."""
    done = await core.db.execute(
        """UPDATE mail_accounts SET dkim_domain = NULL, dkim_selector = NULL, dkim_key = NULL, signs_mail = false,
        updated_at = $2 WHERE id = $1""",
        account_id,
        core.clock.now(),
    )
    if not done:
        raise NotFound("account", account_id)


async def signer_of(core: Core, account: Account) -> dkim.Signer | None:
    """What signs the mails of the account, or None where nothing does."""
    pem = await _key(core, account) if account.signs_mail else None
    if pem is None or account.dkim_domain is None or account.dkim_selector is None:
        return None
    return dkim.Signer(account.dkim_domain, account.dkim_selector, pem)


async def _key(core: Core, account: Account) -> str | None:
    sealed = await core.db.fetchval("SELECT dkim_key FROM mail_accounts WHERE id = $1", account.id)
    return core.keys.unseal(_PURPOSE, sealed) if sealed else None
