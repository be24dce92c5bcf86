"""Mail accounts: made, changed, tested; passwords are sealed and never read back. Limits and the breaker live here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tidings.messages import signing
from tidings.messages.providers import PROVIDERS
from tidings.messages.store import ACCOUNT_SELECTED, sql
from tidings.messages.transports.capture import CaptureTransport
from tidings.messages.transports.dkim import SigningTransport
from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Envelope, Result, SmtpEndpoint, Transport
from tidings.messages.types import Account, Pace
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.platform.http import guard_address
from tidings.platform.pagination import Page, PageRequest
from tidings.platform.system_log import log_event

_EDITABLE = [
    "name",
    "kind",
    "host",
    "port",
    "encryption",
    "username",
    "verifies_tls",
    "connections",
    "from_name",
    "from_email",
    "per_second",
    "per_minute",
    "per_hour",
    "per_day",
    "is_enabled",
    "provider",
    "imap_host",
    "imap_port",
]
SORTS = {name: f"a.{name}" for name in ("id", "from_email", "name", "created_at", "updated_at")}
_PURPOSE = "mail-account"


async def list_accounts(core: Core) -> list[Account]:
    """Every account, the oldest first."""
    return [
        Account(*row) for row in await core.db.fetch(f"SELECT {ACCOUNT_SELECTED} FROM mail_accounts a ORDER BY a.id")
    ]


async def page_accounts(core: Core, request: PageRequest) -> Page[Account]:
    """A page of the accounts that speak SMTP."""
    rows = await core.db.fetch(
        f"SELECT {ACCOUNT_SELECTED} FROM mail_accounts a WHERE a.kind = 'smtp' {request.order_by(SORTS)} LIMIT $1 OFFSET $2",
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval("SELECT count(*) FROM mail_accounts WHERE kind = 'smtp'")
    return Page([Account(*row) for row in rows], total, request)


async def sent_since(core: Core, account_ids: Sequence[int], since: datetime) -> dict[int, int]:
    """How many mails each account sent since an instant; one statement, accounts that sent none are left out."""
    rows = await core.db.fetch(
        """SELECT account_id, count(*) AS n FROM messages
        WHERE account_id = ANY($1::bigint[]) AND sent_at >= $2 GROUP BY account_id""",
        list(account_ids),
        since,
    )
    return {row["account_id"]: row["n"] for row in rows}


async def account_by_id(core: Core, account_id: int) -> Account:
    """One account; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {ACCOUNT_SELECTED} FROM mail_accounts a WHERE a.id = $1", account_id)
    if row is None:
        raise NotFound("account", account_id)
    return Account(*row)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    problems: dict[str, Problem] = {
        name: Problem("unknown", f"An account has no field “{name}”.") for name in values if name not in _EDITABLE
    }
    if values.get("kind", "smtp") not in ("smtp", "capture"):
        problems["kind"] = Problem("in", "The kind is smtp or capture.")
    if values.get("encryption", "none") not in ("none", "starttls", "tls"):
        problems["encryption"] = Problem("in", "The encryption is none, starttls or tls.")
    if not 1 <= int(values.get("port") or 587) <= 65535:
        problems["port"] = Problem("range", "The port is a number from 1 to 65535.")
    if values.get("provider", "smtp") not in PROVIDERS:
        problems["provider"] = Problem("in", f"The provider must be one of {', '.join(PROVIDERS)}.")
    if not 1 <= int(values.get("imap_port") or 993) <= 65535:
        problems["imap_port"] = Problem("range", "The port is a number from 1 to 65535.")
    if not 1 <= int(values.get("connections") or 10) <= 200:
        problems["connections"] = Problem("range", "There may be 1 to 200 connections.")
    for name in ("per_second", "per_minute", "per_hour", "per_day"):
        if values.get(name) is not None and int(values[name]) < 1:
            problems[name] = Problem("min", "A limit is at least 1; leave it empty for none.")
    for name in ("host", "imap_host", "from_email", "from_name", "username"):
        if any(c in str(values.get(name) or "") for c in "\r\n\x00"):
            problems[name] = Problem("control", "Control characters are not allowed.")
    if problems:
        raise Invalid(problems)
    return values


async def create_account(core: Core, *, password: str | None = None, **values: Any) -> int:
    """Makes an account and returns its id; raises Invalid naming each bad field."""
    values = _checked(values)
    if values.get("kind", "smtp") == "smtp" and not str(values.get("host") or "").strip():
        raise Invalid({"host": Problem("required", "The host field is required.")})
    values.setdefault("kind", "smtp")
    values.setdefault("name", values.get("host") or "Capture")
    names = list(values)
    sealed = core.keys.seal(_PURPOSE, password) if password else None
    places = ", ".join(f"${i}" for i in range(3, 3 + len(names)))
    return await core.db.fetchval(
        f"""INSERT INTO mail_accounts (password, created_at, updated_at, {", ".join(names)})
        VALUES ($1, $2, $2, {places}) RETURNING id""",
        sealed,
        core.clock.now(),
        *values.values(),
    )


async def update_account(core: Core, account_id: int, *, password: str | None = None, **values: Any) -> None:
    """Changes what is given; an absent password stays. The breaker closes, because something was mended."""
    values = _checked(values)
    sets = "".join(f", {name} = ${i}" for i, name in enumerate(values, start=4))
    sealed = core.keys.seal(_PURPOSE, password) if password else None
    done = await core.db.execute(
        f"""UPDATE mail_accounts SET password = coalesce($2, password), updated_at = $3, failures = 0, error = NULL,
        closed_until = NULL{sets} WHERE id = $1""",
        account_id,
        sealed,
        core.clock.now(),
        *values.values(),
    )
    if not done:
        raise NotFound("account", account_id)


async def delete_account(core: Core, account_id: int) -> None:
    """Removes an account; raises NotFound."""
    if not await core.db.execute("DELETE FROM mail_accounts WHERE id = $1", account_id):
        raise NotFound("account", account_id)


async def set_smtp_url(core: Core, url: str) -> int:
    """Makes or replaces the account named "SMTP" from `smtp[s]://user:password@host:port?encryption=none|starttls|tls`.

    Answers its id; raises Invalid.
    """
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Invalid(
            {"smtp_url": Problem("url", "The address is like smtp://user:password@host:587?encryption=starttls.")}
        )
    encryption = query.get("encryption") or ("tls" if parts.scheme == "smtps" else "starttls")
    values: dict[str, Any] = {
        "kind": "smtp",
        "name": "SMTP",
        "host": parts.hostname,
        "port": parts.port or (465 if encryption == "tls" else 587),
        "encryption": encryption,
        "username": unquote(parts.username) if parts.username else None,
        "verifies_tls": query.get("verify", "yes") not in ("no", "0", "false"),
        "connections": int(query.get("connections") or 10),
    }
    password = unquote(parts.password) if parts.password else None
    known = await core.db.fetchval("SELECT id FROM mail_accounts WHERE name = 'SMTP' ORDER BY id LIMIT 1")
    if known is None:
        return await create_account(core, password=password, **values)
    await update_account(core, known, password=password, **values)
    return known


async def usable_accounts(core: Core, wanted: Sequence[int] = ()) -> list[Account]:
    """Enabled accounts whose breaker is closed: the campaign's own choice, else every SMTP account; where there is no
    SMTP account at all, the capture mailbox (made on first use), so that nothing leaves by accident."""
    accounts = [account for account in await list_accounts(core) if account.is_enabled]
    chosen = [a for a in accounts if a.id in wanted] or [a for a in accounts if a.kind == "smtp"]
    if not chosen:
        chosen = [a for a in accounts if a.kind == "capture"]
    if not chosen and not accounts:
        chosen = [await account_by_id(core, await create_account(core, kind="capture", name="Capture"))]
    now = core.clock.now()
    return [a for a in chosen if a.closed_until is None or a.closed_until <= now]


async def transport_of(core: Core, account: Account) -> Transport:
    """A transport for the account, with its password unsealed; it signs where the account does."""
    transport = await _plain_transport(core, account)
    signer = await signing.signer_of(core, account)
    return transport if signer is None else SigningTransport(transport, signer)


async def _plain_transport(core: Core, account: Account) -> Transport:
    if account.kind == "capture":
        return CaptureTransport(core)
    sealed = await core.db.fetchval("SELECT password FROM mail_accounts WHERE id = $1", account.id)
    endpoint = SmtpEndpoint(
        host=account.host,
        port=account.port,
        encryption=account.encryption,
        username=account.username,
        password=core.keys.unseal(_PURPOSE, sealed) if sealed else None,
        verifies_tls=account.verifies_tls,
    )
    # A mail relay on this host or in the private network is the usual case; link-local addresses never are one.
    return SmtpPool(endpoint, connections=account.connections, check_address=partial(guard_address, allow_private=True))


async def open_breaker(core: Core, account_id: int, error: str) -> None:
    """The account rests for a while, longer each time; recipients are not touched."""
    await core.db.execute(sql.open_breaker, account_id, error[:500], core.clock.now())
    await log_event(core, f"Mail account {account_id} rests", error)


async def close_breaker(core: Core, account_id: int) -> None:
    """A mail went through: all is well again."""
    await core.db.execute(sql.close_breaker, account_id)


async def test_account(core: Core, account_id: int, recipient: str) -> None:
    """Sends a short mail through the account; raises Refused with the server's words."""
    account = await account_by_id(core, account_id)
    values = await core.installation.values()
    sender = account.from_email or str(values["from_email"]) or str(values["admin_email"])
    if not sender:
        raise Refused("Set a sender address first.", code="no_sender")
    text = (
        f"From: {sender}\r\nTo: {recipient}\r\nSubject: Tidings test mail\r\nDate: {format_datetime(core.clock.now().astimezone(UTC))}\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis account can send.\r\n"
    )
    transport = await transport_of(core, account)
    results: list[Result] = []
    await transport.send([Envelope(0, sender, recipient, text.encode())], results.append)
    await transport.close()
    if results[0].outcome.value != "sent":
        raise Refused(results[0].text or "The server did not take the mail.", code="test_failed")
    await close_breaker(core, account_id)


async def _limits(core: Core, account: Account, campaign_id: int, pace: Pace) -> list[tuple[str, int, int]]:
    """The buckets that hold here, in the order of their keys: (key, mails, in so many seconds)."""
    ceiling = int(await core.installation.get("emails_per_second"))
    limits = [
        (f"account:{account.id}:second", account.per_second, 1),
        (f"account:{account.id}:minute", account.per_minute, 60),
        (f"account:{account.id}:hour", account.per_hour, 3600),
        (f"account:{account.id}:day", account.per_day, 86_400),
        (f"campaign:{campaign_id}", pace.per_minute, 60),
        (f"campaign:{campaign_id}:hour", pace.per_hour, 3600),
        ("installation", ceiling or None, 1),
    ]
    return sorted((key, limit, seconds) for key, limit, seconds in limits if limit)


async def take_allowance(core: Core, account: Account, campaign_id: int, pace: Pace, wanted: int) -> int:
    """How many mails may leave now, taken from every bucket at once: account, campaign, installation. What is not used
    is to be given back (`give_back`).

    Buckets are locked in one order inside one transaction, so that the limits hold across processes and hosts.
    """
    active = await _limits(core, account, campaign_id, pace)
    if not active:
        return wanted
    now = core.clock.now()
    async with core.db.transaction() as tx:
        levels: list[tuple[str, float]] = []
        for key, limit, seconds in active:
            row = await tx.fetchrow(sql.peek_tokens, key)
            if row is None:
                await tx.execute(
                    "INSERT INTO token_buckets VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", key, float(limit), now
                )
                row = await tx.fetchrow(sql.peek_tokens, key)
            assert row is not None
            gone = max((now - row["updated_at"]) / timedelta(seconds=1), 0)
            levels.append((key, min(float(limit), row["tokens"] + gone * limit / seconds)))
        granted = int(min([wanted, *(level for _, level in levels)]))
        if granted > 0:
            for key, level in levels:
                await tx.execute(sql.put_tokens, key, level - granted, now)
        return max(granted, 0)


async def give_back(core: Core, account: Account, campaign_id: int, pace: Pace, unused: int) -> None:
    """Returns what was taken and not used: mails that come one by one must not use up the allowance of a group."""
    active = await _limits(core, account, campaign_id, pace)
    if active and unused > 0:
        await core.db.execute(sql.give_back_tokens, [key for key, _, _ in active], unused)
