"""The life of a campaign, as one table; pure."""

from __future__ import annotations

from tidings.campaigns.types import Campaign, State
from tidings.platform.errors import Conflict

# (from, to): what the move means.
TRANSITIONS: dict[tuple[State, State], str] = {
    ("draft", "scheduled"): "A date is set; recipients are not drawn yet.",
    ("draft", "drawing"): "It goes out now; recipients are being drawn.",
    ("draft", "sending"): "Its steps begin; there is nothing to draw.",
    ("scheduled", "draft"): "The plan is taken back; drawn messages are removed.",
    ("scheduled", "drawing"): "The date is near; recipients are being drawn.",
    ("drawing", "scheduled"): "Everybody is drawn, the date is still ahead.",
    ("drawing", "sending"): "Everybody is drawn and the date has come.",
    ("drawing", "draft"): "Taken back while nobody was mailed; drawn messages are removed.",
    ("drawing", "cancelled"): "Stopped for good before anybody was mailed.",
    ("scheduled", "sending"): "Everybody was drawn before, the date has come.",
    ("scheduled", "cancelled"): "Stopped for good before anybody was mailed.",
    ("sending", "paused"): "Stopped by hand; what is not sent waits.",
    ("paused", "sending"): "Goes on where it stopped.",
    ("sending", "cancelled"): "Stopped for good; what is not sent is cancelled.",
    ("paused", "cancelled"): "Stopped for good; what is not sent is cancelled.",
    ("sending", "finished"): "Every message has its final state.",
    ("finished", "sending"): "Some messages are sent again.",
}

EDITABLE_STATES: tuple[State, ...] = ("draft", "scheduled", "paused")


def sources(to: State) -> list[str]:
    """The states from which `to` can be reached."""
    return [was for was, now in TRANSITIONS if now == to]


def require_move(was: State, now: State) -> None:
    """Raises Conflict with a sentence when the move is not in the table."""
    if (was, now) not in TRANSITIONS:
        raise Conflict(f"A campaign that is {was} cannot become {now}.", code="wrong_state")


def what_is_missing(campaign: Campaign) -> str:
    """A sentence on what must be written before a campaign can go out; empty when nothing is missing."""
    missing = [name for name in ("subject", "body") if not getattr(campaign, name).strip()]
    return f"The campaign has no {' and no '.join(missing)}." if missing else ""
