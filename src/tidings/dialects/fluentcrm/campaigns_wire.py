"""The wire form of campaigns and their mails, and how the body of an update becomes core values (spec §2.4, §2.5)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tidings.campaigns.queries import CampaignTitle
from tidings.campaigns.types import Campaign, CampaignView
from tidings.dialects._engine.calls import as_integer, as_structure, is_true
from tidings.dialects.fluentcrm.wire import Wire
from tidings.messages.queries import MessageRow
from tidings.templates.rules import NAMED_FOOTERS

_FONT = (
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif, 'Apple Color Emoji', "
    "'Segoe UI Emoji', 'Segoe UI Symbol'"
)
TEMPLATE_CONFIG: dict[str, Any] = {
    "content_width": 700,
    "content_border_radius": "0px",
    **{f"content_padding_{side}": "20px" for side in ("top", "right", "bottom", "left")},
    "content_margin_top": "20px",
    "content_margin_bottom": "20px",
    "headings_font_family": _FONT,
    "content_font_family": _FONT,
    "body_bg_color": "#FAFAFA",
    "content_bg_color": "#FFFFFF",
    "headings_color": "#202020",
    "text_color": "#202020",
    "link_color": "#0693e3",
    "link_color_hover": "",
    "paragraph_font_size": "16px",
    "paragraph_line_height": "1.5",
    "footer_text_color": "#202020",
    "design_template": "simple",
    "disable_footer": "no",
}
_NUMBERS = [name for name, value in TEMPLATE_CONFIG.items() if isinstance(value, int)]
FOOTER: dict[str, Any] = {
    "disable_footer": "no",
    "custom_footer": "no",
    "footer_content": "",
    "font_size": 13,
    "font_color": "#202020",
    "background_color": "transparent",
    "footer_padding": 20,
}
MAILER: dict[str, Any] = {
    "from_name": "",
    "from_email": "",
    "reply_to_name": "",
    "reply_to_email": "",
    "is_custom": "no",
}
DEFAULT_SETTINGS: dict[str, Any] = {
    "footer_settings": FOOTER,
    "template_config": TEMPLATE_CONFIG,
    "mailer_settings": MAILER,
}
_STATES = {
    "draft": "draft",
    "drawing": "processing",
    "sending": "working",
    "paused": "paused",
    "finished": "archived",
    "cancelled": "cancelled",
}
_MESSAGE_STATES = {
    "queued": "scheduled",
    "deferred": "scheduled",
    "sending": "processing",
    "unknown": "failed",
    "complained": "sent",
}
_TYPES = {"custom_email_campaign": "campaign", "automation_mail": "funnel_email_campaign"}
_TYPE_LABELS = {"campaign": "Campaign", "custom_email_campaign": "Campaign", "automation_mail": "Automation"}


def status_word(campaign: Campaign | CampaignTitle) -> str:
    """The dialect's status: `scheduled` is two words here, before and after drawing."""
    if campaign.state == "scheduled":
        return "scheduled" if campaign.is_drawn else "pending-scheduled"
    return _STATES[campaign.state]


def states_of(words: list[str]) -> list[str]:
    """Core states for status words of a filter."""
    back = {wire: core for core, wire in _STATES.items()} | {"scheduled": "scheduled", "pending-scheduled": "scheduled"}
    return [back[word] for word in words if word in back]


def default_look(values: Mapping[str, Any]) -> dict[str, Any]:
    """The look of what has none of its own: the built-in one under that of the installation. Numbers stay numbers."""
    given: dict[str, Any] = values["mail_look"]
    numbers = {name: int(one) for name, one in given.items() if as_integer(one) is not None and name in _NUMBERS}
    return {**TEMPLATE_CONFIG, **given, **numbers}


def settings_of(campaign: Campaign) -> dict[str, Any]:
    """What was kept over the defaults, with look and footer as they are now: templates change these without a dialect."""
    settings = {**campaign.settings, **{k: v for k, v in DEFAULT_SETTINGS.items() if k not in campaign.settings}}
    if campaign.look or campaign.template_id is not None:
        settings["template_config"] = campaign.look or TEMPLATE_CONFIG
    if footer_of(settings) != campaign.footer:
        settings["footer_settings"] = footer_settings(settings, campaign.footer)
    return settings


def campaign_body(campaign: Campaign, wire: Wire, now: datetime) -> dict[str, Any]:
    """A campaign as it is read."""
    utm = campaign.utm or {}
    return {
        "id": campaign.id,
        "parent_id": str(campaign.parent_id) if campaign.kind == "automation_mail" else campaign.parent_id,
        "type": "funnel_email_campaign" if campaign.kind == "automation_mail" else campaign.kind,
        "title": campaign.title,
        "available_urls": None,
        "slug": campaign.slug,
        "status": "draft" if campaign.kind == "automation_mail" else status_word(campaign),
        "template_id": None if campaign.template_id is None else str(campaign.template_id),
        "email_subject": campaign.subject or None,
        "email_pre_header": campaign.preheader or None,
        "email_body": campaign.body,
        "recipients_count": campaign.recipients_count,
        "delay": "0",
        "utm_status": "1" if utm.get("status") else "0",
        **{f"utm_{name}": utm.get(name) for name in ("source", "medium", "campaign", "term", "content")},
        "design_template": campaign.design,
        "scheduled_at": wire.stamp(campaign.scheduled_at),
        "settings": settings_of(campaign),
        "created_by": str(campaign.created_by) if campaign.created_by else None,
        "created_at": wire.stamp(campaign.created_at),
        "updated_at": wire.stamp(campaign.updated_at),
        "server_time": wire.stamp(now),
    }


def stats_body(view: CampaignView) -> dict[str, Any]:
    """The numbers of a row of the list of campaigns."""
    counts = view.counts
    states = (
        "queued",
        "deferred",
        "sending",
        "paused",
        "sent",
        "failed",
        "bounced",
        "complained",
        "cancelled",
        "unknown",
    )
    return {
        "total": sum(counts.get(state, 0) for state in states),
        "sent": counts.get("sent", 0) + counts.get("complained", 0) + counts.get("bounced", 0),
        "views": counts.get("opened", 0),
        "clicks": counts.get("clicked", 0),
        "unsubscribers": counts.get("unsubscribed", 0),
        "revenue": False,
    }


def mail_word(state: str) -> str:
    """The dialect's status of a mail."""
    return _MESSAGE_STATES.get(state, state)


def mail_states(word: str) -> list[str]:
    """Core states that a status of mails means; an unknown word is a state that no mail is in."""
    named = [state for state, wire in _MESSAGE_STATES.items() if wire == word]
    own = [] if word in _MESSAGE_STATES or word in ("scheduled", "pending", "processing") else [word]
    return [*named, *own, *(("queued",) if word == "pending" else ())] or ["none"]


def type_word(kind: str) -> str:
    """The dialect's type of a mail: one-to-one mails count as campaigns."""
    return _TYPES.get(kind, kind)


def type_kinds(word: str) -> list[str]:
    """Kinds of campaigns that a type of mails means."""
    return [word, *(kind for kind, wire in _TYPES.items() if wire == word)]


def type_label(kind: str) -> str:
    """What a type of mails is called."""
    return _TYPE_LABELS.get(kind, "Campaign")


def stat_rows(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Messages per status word, as the progress view wants them."""
    words: dict[str, int] = {}
    for state, n in counts.items():
        if state in ("opened", "clicked", "unsubscribed"):
            continue
        word = mail_word(state)
        words[word] = words.get(word, 0) + n
    return [{"status": word, "total": str(n), "email_type_label": "Campaign"} for word, n in words.items() if n]


def message_body(row: MessageRow, wire: Wire) -> dict[str, Any]:
    """A mail of a campaign."""
    message = row.message
    return {
        "id": message.id,
        "campaign_id": str(message.campaign_id),
        "email_type": type_word(row.campaign_kind),
        "subscriber_id": str(message.contact_id),
        "email_subject_id": None if message.subject_id is None else str(message.subject_id),
        "email_address": message.email,
        "email_subject": message.subject or row.subject,
        "email_body": "",
        "email_headers": {},
        "is_open": "1" if message.opened_at else "0",
        "is_parsed": "1" if message.sent_at else "0",
        "click_counter": str(message.clicks) if message.clicks else None,
        "status": mail_word(message.state),
        "note": message.note,
        "scheduled_at": wire.stamp(message.sent_at or message.due_at),
        "email_hash": str(message.uid),
        "created_at": wire.stamp(message.created_at),
        "updated_at": wire.stamp(message.updated_at),
        "email_type_label": type_label(row.campaign_kind),
    }


def merged_settings(stored: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """Settings of an update over what is stored, over the defaults."""
    settings = {**copy.deepcopy(DEFAULT_SETTINGS), **stored}
    new = as_structure(given)
    if isinstance(new, dict):
        for name, value in new.items():
            known = settings.get(name)
            if isinstance(known, dict) and isinstance(value, dict):
                value = {**known, **value}
            settings[name] = value
    return settings


def content_values(params: Mapping[str, Any], settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Core values of a campaign's content fields; only what is present. `settings` are merged already."""
    values: dict[str, Any] = {}
    for wire_name, name in (("email_subject", "subject"), ("email_pre_header", "preheader"), ("email_body", "body")):
        if wire_name in params:
            values[name] = str(params[wire_name] or "")
    if params.get("design_template"):
        values["design"] = str(params["design_template"])
    if "utm_status" in params:
        utm = {name: params.get(f"utm_{name}") for name in ("source", "medium", "campaign", "term", "content")}
        values["utm"] = utm | {"status": 1 if is_true(params["utm_status"]) else 0}
    if settings is not None:
        values["settings"] = dict(settings)
        values["sender"] = dict(settings.get("mailer_settings") or {})
        look = settings.get("template_config")
        values["look"] = look if isinstance(look, dict) else {}
        values["footer"] = footer_of(settings)
        values["is_transactional"] = is_true(settings.get("is_transactional") or "no")
    return values


def footer_settings(kept: Mapping[str, Any], footer: str) -> dict[str, Any]:
    """What was kept of a footer, with the core's footer as this dialect says it; `footer_of` is the way back."""
    own, stored = "" if footer in NAMED_FOOTERS else footer, kept.get("footer_settings")
    return {
        **FOOTER,
        **(stored if isinstance(stored, dict) else {}),
        "disable_footer": "yes" if footer == "none" else "no",
        "custom_footer": "yes" if own else "no",
        "footer_content": own,
    }


def footer_of(settings: Mapping[str, Any]) -> str:
    """'global', 'none' or the text of a footer of its own."""
    footer = settings.get("footer_settings")
    footer = footer if isinstance(footer, dict) else {}
    if is_true(footer.get("disable_footer") or "no"):
        return "none"
    if is_true(footer.get("custom_footer") or "no") and footer.get("footer_content"):
        return str(footer["footer_content"])
    return "global"
