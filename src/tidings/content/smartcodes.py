"""Smart codes: `{{group.key|default|transformer|argument}}`, `##group.key##` (fluentcrm.md §4.1–4.3).

Here: from the inside of the braces to a `Code`, or None for what is no code and stays as it is. Finding the braces is
`language`; what a word reads is `values`.
"""

from __future__ import annotations

import re
from html import escape

from tidings.content.dates import format_date, relative_date
from tidings.content.escaping import html_text, whole_url
from tidings.content.transformers import transform
from tidings.content.tree import Code, Read, ValueKind
from tidings.content.types import Scope
from tidings.content.values import (
    LINK_READERS,
    SITE_READERS,
    company_reader,
    context_reader,
    custom_reader,
    local_now,
    meta_reader,
    person_reader,
    shown,
)

_MANUAL_DEFAULT = re.compile(r"default\s*:\s*")
_QUOTES = "\"'“”‘’"

# group -> the reserved families whose values only an automation's trigger knows (§4.3)
CONTEXT_GROUPS = frozenset(
    [
        "cart_order",
        "cart_customer",
        "woo_customer",
        "woo",
        "woo_order",
        "ab_cart_woo",
        "cart",
        "edd_customer",
        "learndash",
        "tutorlms",
        "lifterlms",
        "aff_wp",
        "affwp",
        "fs",
        "fluentcrm",
    ]
)
GROUPS = frozenset({"contact", "crm", "wp", "user", "wp_user", "other"}) | CONTEXT_GROUPS
BARE = frozenset({"web_preview_url"})

_BUTTONS = {
    "unsubscribe_html": ("unsubscribe_url", "Unsubscribe"),
    "manage_subscription_html": ("manage_subscription_url", "Manage Preference"),
    "activate_button": ("activate_url", "Confirm Subscription"),
}
_BUTTON_STYLE = (
    "display:inline-block;padding:12px 24px;border-radius:4px;background-color:#0693e3;color:#ffffff;"
    "text-decoration:none"
)
_EMPTY: Read = lambda scope: ""  # noqa: E731


def smart_code(raw: str, inside: str, *, custom_fields: frozenset[str] | None = None) -> Code | None:
    """The code for what stands between the braces; None when the group is unknown or there is no dot."""
    name, _, rest = inside.partition("|")
    name = name.strip()
    if name in BARE:
        return Code(raw, LINK_READERS[name], "url")
    group, dot, key = name.partition(".")
    if not dot or group not in GROUPS:
        return None
    parts = rest.split("|", 2) if rest else []
    if group == "crm" and key in _BUTTONS:
        return _button(raw, key, parts[0].strip() if parts else "")
    read, kind = _reader(group, key.strip())
    return _finished(raw, read, kind, parts)


def _finished(raw: str, read: Read, kind: ValueKind, parts: list[str]) -> Code:
    default = _default(parts[0]) if parts else ""
    if default:
        read = _or(read, default)
    name = parts[1].strip() if len(parts) > 1 else ""
    if name:
        text = parts[2].strip() if len(parts) > 2 else ""
        read = _transformed(read, name, text)
        kind = "encoded" if name == "urlencode" else kind
    if kind == "html":
        return Code(raw, read, "html", lambda scope: html_text(read(scope)))
    return Code(raw, read, kind)


def _or(read: Read, default: str) -> Read:
    return lambda scope: read(scope) or default


def _transformed(read: Read, name: str, text: str) -> Read:
    return lambda scope: transform(name, read(scope), text)


def _default(part: str) -> str:
    part = part.strip()
    manual = _MANUAL_DEFAULT.match(part)
    return part[manual.end() :].strip().strip(_QUOTES) if manual else part


def _button(raw: str, key: str, label: str) -> Code:
    link, own = _BUTTONS[key]
    url = LINK_READERS[link]
    text = label or own
    style = f' style="{_BUTTON_STYLE}"' if key == "activate_button" else ""

    def markup(scope: Scope) -> str:
        return f'<a href="{html_text(whole_url(url(scope)))}"{style}>{escape(text)}</a>'

    return Code(raw, lambda scope: f"{text} ({url(scope)})", "html", markup)


def _reader(group: str, key: str) -> tuple[Read, ValueKind]:
    if group == "contact":
        return _contact(key)
    if group == "crm":
        read = LINK_READERS.get(key) if key != "activate_url" else None
        return (
            (read, "url")
            if read
            else (SITE_READERS.get(key, _EMPTY) if key.startswith("business_") else _EMPTY, "text")
        )
    if group == "wp":
        if key.startswith("business_"):
            return _EMPTY, "text"
        return SITE_READERS.get(key, _EMPTY), "url" if key == "url" else "text"
    if group == "other":
        return _other(key), "text"
    if group in ("user", "wp_user"):
        return _user(key)
    return context_reader(group, key), "url" if key.endswith("_url") else "text"


def _contact(key: str) -> tuple[Read, ValueKind]:
    family, dot, word = key.partition(".")
    if dot and family == "custom":
        return _custom(word), "text"
    if dot and family == "meta":
        return meta_reader(word), "text"
    if dot and family == "company":
        return company_reader(word) or _EMPTY, "url" if word == "website" else "text"
    return person_reader(key) or _EMPTY, "text"


def _custom(slug: str) -> Read:
    return custom_reader(slug)


def _user(key: str) -> tuple[Read, ValueKind]:
    read = context_reader("user", key)
    if key == "display_name":
        return _either(read, person_reader("full_name")), "text"
    if key in ("user_email", "user_login"):
        return _either(read, person_reader("email")), "text"
    return read, "url" if key in ("password_reset_url", "password_reset_direct_link") else "text"


def _either(first: Read, second: Read | None) -> Read:
    def read(scope: Scope) -> str:
        value = first(scope)
        if value or second is None or scope.person is None or scope.person.user_id is None:
            return value
        return second(scope)

    return read


def _other(key: str) -> Read:
    family, _, rest = key.partition(".")
    if family == "date":
        return lambda scope: _relative(rest, scope)
    if family == "date_format":
        return lambda scope: format_date(local_now(scope), rest)
    if family == "latest_post" and rest in ("title", "content", "excerpt"):
        return lambda scope: shown(scope.site.latest_post.get(rest))
    return _EMPTY


def _relative(expression: str, scope: Scope) -> str:
    moment = relative_date(local_now(scope), expression)
    return "" if moment is None else format_date(moment, scope.site.date_format)


def is_textarea(inside: str, kinds: dict[str, str]) -> bool:
    """Whether the code names a custom field of several lines, whose breaks are kept."""
    name = inside.partition("|")[0].strip()
    return name.startswith("contact.custom.") and kinds.get(name.removeprefix("contact.custom.")) == "textarea"
