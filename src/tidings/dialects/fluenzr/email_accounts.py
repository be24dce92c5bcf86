"""Email accounts behind `emailAccountId`. Passwords are written and never read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from tidings.contacts.rules import is_email
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import done, page_request, problems_of, rows_answer
from tidings.messages import accounts
from tidings.messages.providers import PROVIDERS, with_preset
from tidings.messages.types import Account
from tidings.platform.errors import Invalid, NotFound, Problem, Refused

SORTS = {"email": "from_email", "displayName": "name", "createdAt": "created_at", "id": "id"}
ENCRYPTIONS = ("none", "starttls", "tls")
_FLAT = {"email": str, "displayName": str, "provider": str, "dailyLimit": int, "enabled": bool}
_FLAT |= {"smtp": dict, "imap": dict}
_SERVERS: dict[str, dict[str, type]] = {
    "smtp": {"host": str, "port": int, "username": str, "password": str, "encryption": str},
    "imap": {"host": str, "port": int},
}
# wire name: column of the core
_COLUMNS = {
    "email": "from_email",
    "displayName": "from_name",
    "provider": "provider",
    "dailyLimit": "per_day",
    "enabled": "is_enabled",
    "smtp.host": "host",
    "smtp.port": "port",
    "smtp.username": "username",
    "smtp.encryption": "encryption",
    "imap.host": "imap_host",
    "imap.port": "imap_port",
}


def account_body(account: Account, sent_today: int) -> dict[str, Any]:
    """An account, without its password."""
    imap = {"host": account.imap_host, "port": account.imap_port} if account.imap_host else None
    smtp = {"host": account.host, "port": account.port, "username": account.username, "encryption": account.encryption}
    return {
        "id": opaque("acc", account.id),
        "email": account.from_email,
        "displayName": account.from_name,
        "provider": account.provider,
        "status": "disabled" if not account.is_enabled else "error" if account.error else "connected",
        "dailyLimit": account.per_day,
        "sentToday": sent_today,
        "smtp": smtp,
        "imap": imap,
        "warming": None,
        "createdAt": rfc3339(account.created_at),
    }


async def _midnight(call: Call) -> datetime:
    zone = await call.core.installation.zone()
    return datetime.combine(call.core.clock.now().astimezone(zone).date(), time(0), zone).astimezone(UTC)


async def _account(call: Call) -> Account:
    number = number_of("acc", call.path["id"])
    if number is None:
        raise NotFound("email account", call.path["id"])
    found = await accounts.account_by_id(call.core, number)
    if found.kind != "smtp":
        raise NotFound("email account", call.path["id"])
    return found


async def _shown(call: Call, account_id: int, status: int = 200) -> Any:
    account = await accounts.account_by_id(call.core, account_id)
    sent = await accounts.sent_since(call.core, [account_id], await _midnight(call))
    return done(account_body(account, sent.get(account_id, 0)), status)


async def list_accounts(call: Call) -> Any:
    page = await accounts.page_accounts(call.core, page_request(call, sorts=SORTS))
    sent = await accounts.sent_since(call.core, [one.id for one in page.rows], await _midnight(call))
    return rows_answer(page, [account_body(one, sent.get(one.id, 0)) for one in page.rows])


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, flat (`smtp.host`); raises Invalid naming every field of a wrong type or an unknown one of a server."""
    problems = problems_of(params, _FLAT)
    flat = {name: params[name] for name in _FLAT if name in params and name not in _SERVERS}
    for server, fields in _SERVERS.items():
        values = params.get(server)
        if not isinstance(values, dict):
            continue
        problems |= problems_of(values, fields, at=f"{server}.")
        for name in values:
            if name not in fields:
                problems[f"{server}.{name}"] = Problem("unknown", f"{server}.{name} is not known")
        flat |= {f"{server}.{name}": value for name, value in values.items()}
    if problems:
        raise Invalid(problems)
    return flat


def _values(call: Call, *, is_new: bool) -> tuple[dict[str, Any], str | None]:
    flat = _given(call.params)
    problems: dict[str, Problem] = {}
    if is_new or "email" in flat:
        email = str(flat.get("email") or "").strip()
        if not email:
            problems["email"] = Problem("required", "Email is required")
        elif not is_email(email):
            problems["email"] = Problem("email", "Invalid email format")
    provider = flat.get("provider") or "smtp"
    for name, given, words in (
        ("provider", provider, PROVIDERS),
        ("smtp.encryption", flat.get("smtp.encryption") or "starttls", ENCRYPTIONS),
    ):
        if given not in words:
            problems[name] = Problem("in", f"{name} must be one of {', '.join(words)}")
    for name, most in (("smtp.port", 65_535), ("imap.port", 65_535), ("dailyLimit", 10_000_000)):
        if flat.get(name) is not None and not 1 <= flat[name] <= most:
            problems[name] = Problem("range", f"{name} must be a number from 1 to {most}")
    if is_new and provider == "smtp" and not str(flat.get("smtp.host") or "").strip():
        problems["smtp.host"] = Problem("required", "smtp.host is required")
    if problems:
        raise Invalid(problems)
    values = {_COLUMNS[name]: value for name, value in flat.items() if name in _COLUMNS}
    # null clears what may be empty; elsewhere it counts as not given
    kept = {n: v for n, v in values.items() if v is not None or n in ("per_day", "username", "imap_host", "imap_port")}
    return kept, flat.get("smtp.password")


async def create_account(call: Call) -> Any:
    values, password = _values(call, is_new=True)
    values = with_preset(values.get("provider", "smtp"), values)
    values.setdefault("username", values["from_email"] if password else None)
    made = await accounts.create_account(call.core, password=password, name=values["from_email"], **values)
    return await _shown(call, made, 201)


async def get_account(call: Call) -> Any:
    return await _shown(call, (await _account(call)).id)


async def update_account(call: Call) -> Any:
    account = await _account(call)
    values, password = _values(call, is_new=False)
    if "provider" in values:
        values = with_preset(values["provider"], values)
    await accounts.update_account(call.core, account.id, password=password, **values)
    return await _shown(call, account.id)


async def delete_account(call: Call) -> Any:
    account = await _account(call)
    await accounts.delete_account(call.core, account.id)
    return done({"id": opaque("acc", account.id), "deleted": True})


async def test_account(call: Call) -> Any:
    """Sends a short mail to `to`, by default to the account itself; what the server says stands in the answer."""
    account = await _account(call)
    recipient = call.get("to") or account.from_email
    if not isinstance(recipient, str) or not is_email(recipient):
        raise Invalid({"to": Problem("email", "Invalid email format")})
    try:
        await accounts.test_account(call.core, account.id, recipient)
    except Refused as error:
        return done({"id": opaque("acc", account.id), "status": "error", "message": error.message})
    return done({"id": opaque("acc", account.id), "status": "connected", "message": f"A mail was sent to {recipient}"})


_MANAGE = "fcrm_manage_settings"
_ONE = "/email-accounts/{id:word}"
ROUTES = [
    Route("GET", "/email-accounts", "listEmailAccounts", _MANAGE, "crud", list_accounts),
    Route("POST", "/email-accounts", "createEmailAccount", _MANAGE, "crud", create_account, answer=201),
    Route("GET", _ONE, "getEmailAccount", _MANAGE, "crud", get_account),
    Route("PUT", _ONE, "updateEmailAccount", _MANAGE, "crud", update_account),
    Route("DELETE", _ONE, "deleteEmailAccount", _MANAGE, "crud", delete_account),
    Route("POST", f"{_ONE}/test", "testEmailAccount", _MANAGE, "ack", test_account),
]
