"""The forms of the wizard, turned into what `campaigns.actions` take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tidings.campaigns.types import Campaign, CampaignView
from tidings.contacts.rules import is_email
from tidings.platform.errors import Invalid, Problem
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _

SENDER = ("from_name", "from_email", "reply_to_name", "reply_to_email")
# Designs that rich text can be edited in; everything else is edited as HTML.
RICH = ("simple", "plain", "classic")
MAX_SUBJECTS = 10


def setup_shown(view: CampaignView) -> Form:
    """A campaign as the first step shows it."""
    campaign = view.campaign
    others = [one.subject for one in view.subjects if one.subject != campaign.subject]
    return Form(
        {
            "title": campaign.title,
            "subject": campaign.subject,
            "preheader": campaign.preheader,
            "subjects": "\n".join(others),
            "has_own_sender": has_own_sender(campaign),
            **{name: campaign.sender.get(name, "") for name in SENDER},
        }
    )


def has_own_sender(campaign: Campaign) -> bool:
    """Whether it goes out under another sender than the installation's."""
    return str(campaign.sender.get("is_custom") or "").lower() in ("yes", "true", "1")


def setup(form: Form) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    """Columns, and the subjects under test with their weights (none without further subjects); raises Invalid."""
    problems: dict[str, Problem] = {}
    values: dict[str, Any] = {name: line(form.text(name)) for name in ("title", "subject", "preheader")}
    if not values["title"]:
        problems["title"] = Problem("required", _("Give the campaign a name."))
    if not values["subject"]:
        problems["subject"] = Problem("required", _("People see the subject first. Write one."))
    further = [text for text in map(line, form.text("subjects").splitlines()) if text]
    if len(further) >= MAX_SUBJECTS:
        problems["subjects"] = Problem("max", _("At most %(n)s subjects can be tested.") % {"n": MAX_SUBJECTS})
    values["sender"] = {}
    if form.flag("has_own_sender"):
        values["sender"] = {"is_custom": "yes", **{name: line(form.text(name)) for name in SENDER}}
        if not is_email(values["sender"]["from_email"]):
            problems["from_email"] = Problem("email", _("Enter a mail address, such as news@example.com."))
        if values["sender"]["reply_to_email"] and not is_email(values["sender"]["reply_to_email"]):
            problems["reply_to_email"] = Problem("email", _("Enter a mail address, such as news@example.com."))
    if problems:
        raise Invalid(problems)
    tested = [values["subject"], *further] if further else []
    return values, [(round(100 / len(tested)), text) for text in tested]


def line(text: str) -> str:
    """One line without characters that a database or a header refuses."""
    return " ".join(text.replace("\0", "").split())


def content(form: Form, was: str) -> dict[str, Any]:
    """Body and design as the editor has them; `was` is the design of what is edited."""
    design = form.text("design")
    values: dict[str, Any] = {"body": str(form.value("body")).replace("\0", "").replace("\r\n", "\n")}
    if is_rich(was) and design in RICH:
        values["design"] = design
    if not is_rich(was) and "has_frame" in form.values and form.flag("has_frame") != (was != "raw_html"):
        values["design"] = "raw_classic" if form.flag("has_frame") else "raw_html"
    return values


def other_editor(form: Form) -> str:
    """The design for the editor that was asked for. The frame of the design goes on around the body, so that the mail looks
    the same in both."""
    return "raw_classic" if form.text("editor") == "html" else "simple"


def is_rich(design: str) -> bool:
    """Whether the rich text editor is the one for it."""
    return design in RICH


def plan(form: Form, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When it starts (None: at once) and until when it is spread (None: as fast as possible); raises Invalid."""
    when = form.text("when")
    if when not in ("now", "later", "spread"):
        raise Invalid({"when": Problem("required", _("Choose when it goes out."))})
    if when == "now":
        return None, None
    at = form.moment("at" if when == "later" else "from")
    if at < now - timedelta(minutes=1):
        raise Invalid({"at" if when == "later" else "from": Problem("future", _("This moment is over already."))})
    if when == "later":
        return at, None
    until = form.moment("until")
    if until <= at:
        raise Invalid({"until": Problem("after", _("The end must be after the start."))})
    return at, until
