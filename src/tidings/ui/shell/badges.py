"""How the states of the core are shown: a word and a colour each. A state nobody listed is shown as it is, in grey."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from tidings.ui.shell.texts import _, reader

_BADGES: dict[str, tuple[str, str]] = {
    # contacts
    "subscribed": ("Subscribed", "green"),
    "pending": ("Pending", "amber"),
    "unsubscribed": ("Unsubscribed", "grey"),
    "transactional": ("Transactional", "blue"),
    "bounced": ("Bounced", "red"),
    "complained": ("Complained", "red"),
    "spammed": ("Spam", "red"),
    # campaigns
    "draft": ("Draft", "grey"),
    "scheduled": ("Scheduled", "blue"),
    "drawing": ("Preparing", "amber"),
    "sending": ("Sending", "accent"),
    "paused": ("Paused", "amber"),
    "finished": ("Sent", "green"),
    "cancelled": ("Cancelled", "grey"),
    # landing pages and automations
    "published": ("Published", "green"),
    "unpublished": ("Taken down", "amber"),
    # messages
    "queued": ("Queued", "blue"),
    "deferred": ("Trying again", "amber"),
    "sent": ("Sent", "green"),
    "failed": ("Failed", "red"),
    "unknown": ("Unknown", "amber"),
    # deliveries of webhooks
    "delivered": ("Delivered", "green"),
    # automations and who is in them
    "active": ("Under way", "accent"),
    "waiting": ("Waiting at a goal", "amber"),
    "completed": ("Through", "green"),
    # jobs
    "running": ("Running", "accent"),
    "done": ("Done", "green"),
    "stopped": ("Stopped", "grey"),
}


def badge_of(state: str) -> tuple[str, str]:
    """(word in the reader's language, colour)."""
    word, colour = _BADGES.get(state, (state.replace("_", " ").capitalize(), "grey"))
    return _(word), colour


def badge(state: str) -> Markup:
    """The coloured word of a state, as every table shows it."""
    return _badge(state, reader().locale)


@lru_cache(maxsize=512)
def _badge(state: str, locale: str) -> Markup:
    word, colour = badge_of(state)
    return Markup('<span class="tag is-{} is-dotted">{}</span>').format(colour, word)
