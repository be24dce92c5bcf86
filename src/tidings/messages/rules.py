"""The life of a message as one table, and what an SMTP answer means. Pure."""

from __future__ import annotations

from datetime import timedelta

from tidings.messages.transports.types import Outcome, Result
from tidings.messages.types import State

# (from, to): what the move means.
TRANSITIONS: dict[tuple[State, State], str] = {
    ("queued", "sending"): "A sender took it, with a lease.",
    ("deferred", "sending"): "Its time to be tried again came.",
    ("queued", "paused"): "The campaign was paused.",
    ("deferred", "paused"): "The campaign was paused.",
    ("paused", "queued"): "The campaign goes on.",
    ("queued", "cancelled"): "The contact may not be mailed any more, or the campaign was cancelled.",
    ("deferred", "cancelled"): "The contact may not be mailed any more, or the campaign was cancelled.",
    ("paused", "cancelled"): "The campaign was cancelled.",
    ("sending", "sent"): "The server took it.",
    ("sending", "deferred"): "The server said: later.",
    ("sending", "queued"): "It was not offered; nothing was tried.",
    ("sending", "paused"): "It was not offered, and the campaign was paused meanwhile.",
    ("sending", "cancelled"): "It was not offered, and the campaign was cancelled meanwhile.",
    ("sending", "failed"): "The server refused it, or said later too often.",
    ("sending", "bounced"): "The server said that there is no such mailbox.",
    ("sending", "unknown"): "It was started and its outcome was lost.",
    ("sent", "bounced"): "A bounce came back.",
    ("sent", "complained"): "The recipient reported it as spam.",
    ("unknown", "queued"): "The operator, or the policy of the installation, wants it sent again.",
    ("unknown", "sent"): "A sign of life (open, click) shows that it arrived, or its sender came back to say so.",
    ("unknown", "failed"): "Its sender came back to say that the server had refused it.",
    ("unknown", "bounced"): "Its sender came back to say that there is no such mailbox.",
    ("unknown", "complained"): "The recipient reported it as spam, so it arrived.",
    ("failed", "queued"): "The operator wants it tried again.",
    ("sent", "queued"): "The operator wants it sent again.",
}
MAX_ATTEMPTS = 12
# Enhanced codes (RFC 3463) and words that mean: this mailbox does not exist.
_NO_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "user unknown", "no such user", "unknown user")
_NO_MAILBOX += ("mailbox unavailable", "does not exist", "invalid recipient", "recipient address rejected")


def backoff(attempts: int) -> timedelta:
    """How long after the n-th "later" it is tried again: 1, 2, 4 … minutes, at most 4 hours."""
    return min(timedelta(minutes=2 ** max(0, attempts - 1)), timedelta(hours=4))


def is_no_mailbox(result: Result) -> bool:
    """Whether a refusal is a hard bounce: the address is dead, not just this mail unwanted."""
    text = result.text.lower()
    return (
        result.outcome is Outcome.REFUSED
        and result.code in (550, 551, 553, 556)
        and any(w in text for w in _NO_MAILBOX)
    )


def state_of(result: Result, attempts: int) -> State:
    """The state that an outcome leads to. "Later" is no failure until it was said MAX_ATTEMPTS times."""
    match result.outcome:
        case Outcome.SENT:
            return "sent"
        case Outcome.UNKNOWN:
            return "unknown"
        case Outcome.ACCOUNT_FAILED:
            return "queued"
        case Outcome.DEFERRED:
            return "deferred" if attempts < MAX_ATTEMPTS else "failed"
        case Outcome.REFUSED:
            return "bounced" if is_no_mailbox(result) else "failed"
