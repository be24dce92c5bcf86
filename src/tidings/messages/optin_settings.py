"""What the confirmation mail says and what follows the confirmation: for the installation, and per list (fluentcrm.md §5.4).

The sending itself is in `optin`. The installation's are the setting `double_opt_in`; a list keeps its own in its row.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem

_ACTIVATES = re.compile(r"#activate_link#|(?:\{\{|##)\s*crm\.activate_(?:button|link)\b")
_OF_LIST = "SELECT settings->'double_opt_in' AS own FROM lists WHERE id = $1"
_LISTS_WITH_OWN = "SELECT id FROM lists WHERE settings->'double_opt_in'->>'follows_global' = 'false'"
_SAVE_OF_LIST = """
UPDATE lists SET settings = settings || jsonb_build_object('double_opt_in', $2::jsonb), updated_at = $3 WHERE id = $1
"""
# Of several lists with their own the one assigned last wins.
_OF_CONTACT = """
SELECT l.settings->'double_opt_in' AS own FROM contact_lists m JOIN lists l ON l.id = m.list_id
WHERE m.contact_id = $1 AND l.settings->'double_opt_in'->>'follows_global' = 'false' ORDER BY m.id DESC LIMIT 1
"""

BODY = (
    "<h2>Please confirm your subscription</h2>"
    "<p>Somebody asked us to send mails to this address. Press the button if that was you.</p>"
    "<p>{{crm.activate_button|Confirm your subscription}}</p>"
    "<p>If it was not you, do nothing: you will not hear from us again.</p>"
)
CONFIRMED = "<h1>Email Confirmation</h1><p>Your subscription is confirmed. Thank you!</p>"


class TagRedirect(msgspec.Struct, frozen=True):
    """Contacts with one of the tags go to the address, which may hold codes."""

    tag_ids: list[int]
    url: str


class OptIn(msgspec.Struct, frozen=True, kw_only=True):
    """One set of settings. `design` is a mail's; `message` is HTML, `redirect_url` an address; both may hold codes.

    Of `tag_redirects` the first that fits wins over `after`.
    """

    design: str = "simple"
    subject: str = "Please confirm your subscription"
    preheader: str = ""
    body: str = BODY
    after: Literal["message", "redirect"] = "message"
    message: str = CONFIRMED
    redirect_url: str = ""
    uses_tag_redirects: bool = False
    tag_redirects: list[TagRedirect] = []


class ListOptIn(msgspec.Struct, frozen=True):
    """What a list keeps; its own settings wait unused while it follows the installation's."""

    follows_global: bool = True
    settings: OptIn | None = None


def _list_opt_in(stored: Any) -> ListOptIn:
    return msgspec.convert(stored, ListOptIn) if stored else ListOptIn()


async def opt_in_settings(core: Core) -> OptIn:
    """The installation's."""
    return msgspec.convert(await core.installation.get("double_opt_in"), OptIn)


async def list_opt_in_settings(core: Core, list_id: int) -> ListOptIn:
    """A list's; raises NotFound."""
    row = await core.db.fetchrow(_OF_LIST, list_id)
    if row is None:
        raise NotFound("list", list_id)
    return _list_opt_in(row["own"])


async def lists_with_own_opt_in(core: Core) -> frozenset[int]:
    """The lists whose own settings are in use."""
    return frozenset(row["id"] for row in await core.db.fetch(_LISTS_WITH_OWN))


async def opt_in_settings_for(core: Core, contact_id: int) -> OptIn:
    """Those that count for a contact."""
    own = _list_opt_in(await core.db.fetchval(_OF_CONTACT, contact_id))
    return own.settings if own.settings is not None else await opt_in_settings(core)


async def save_opt_in_settings(core: Core, settings: OptIn) -> None:
    """The installation's; raises Invalid naming the field."""
    _check(settings)
    await core.installation.put({"double_opt_in": msgspec.to_builtins(settings)})


async def save_list_opt_in_settings(core: Core, list_id: int, settings: OptIn, *, follows_global: bool) -> None:
    """A list's; raises Invalid naming the field, NotFound."""
    _check(settings)
    own = msgspec.to_builtins(ListOptIn(follows_global, settings))
    if not await core.db.execute(_SAVE_OF_LIST, list_id, own, core.clock.now()):
        raise NotFound("list", list_id)


def _check(settings: OptIn) -> None:
    problems: dict[str, Problem] = {}
    for name, text in (("subject", settings.subject), ("body", settings.body), ("message", settings.message)):
        if not text.strip() and (name != "message" or settings.after == "message"):
            problems[name] = Problem("required", f"The {name} field is required.")
    if settings.body.strip() and not _ACTIVATES.search(settings.body):
        problems["body"] = Problem("activate", "The body needs #activate_link# or {{crm.activate_button}}.")
    if settings.after == "redirect" and not is_target(settings.redirect_url):
        problems["redirect_url"] = Problem("url", "The redirect URL must begin with http:// or https://.")
    if settings.uses_tag_redirects and any(one.tag_ids and not is_target(one.url) for one in settings.tag_redirects):
        problems["tag_redirects"] = Problem("url", "Every redirect URL must begin with http:// or https://.")
    if problems:
        raise Invalid(problems)


def is_target(url: str) -> bool:
    """Whether a browser may be sent there: an absolute web address without a line break."""
    return url.strip().lower().startswith(("http://", "https://")) and url.isprintable()
