"""Ready-made templates that come with the product: a way to begin. They lie beside this module and are never changed.

Those with `is_document` are whole HTML documents around `document.html`; the others are rich text in the frame of a design.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tidings.templates.types import CONTENT

_DOCUMENT, _ACCENT = "<!--content-->", "#0f6e6b"


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready-made template. `name` is its file here, `id` its stable number, `about` one sentence; `accent` replaces the
    colour of buttons and head of a whole document, `look` is that of the design of any other."""

    id: int
    name: str
    title: str
    about: str
    subject: str
    preheader: str
    accent: str = ""
    design: str = "simple"
    look: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_document(self) -> bool:
        """Whether it is a whole document, edited as HTML."""
        return bool(self.accent)

    @property
    def body(self) -> str:
        """Its HTML."""
        text = _text(self.name)
        return _text("document").replace(_DOCUMENT, text).replace(_ACCENT, self.accent) if self.is_document else text

    @property
    def content(self) -> dict[str, Any]:
        """What a template made of it has."""
        made = {"language": "smartcodes", "footer": "global", "design": "raw_html" if self.is_document else self.design}
        rest = {name: getattr(self, name) for name in ("subject", "preheader", "body", "look")}
        return {name: (made | rest)[name] for name in CONTENT}


@lru_cache(maxsize=32)
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.html").read_text(encoding="utf-8")


READY: tuple[Ready, ...] = (
    Ready(
        1,
        "newsletter",
        "Newsletter",
        "A lead story, two short ones beside each other, and a closing line.",
        "What is new at {{crm.business_name}}",
        "The story of the month, and two more that are worth a minute.",
        accent="#0f6e6b",
    ),
    Ready(
        2,
        "announcement",
        "Announcement",
        "One piece of news with a large heading and one button.",
        "It is here, {{contact.first_name|and we wanted you to know first}}",
        "One thing has changed, and it makes your day easier.",
        accent="#4338ca",
    ),
    Ready(
        3,
        "invitation",
        "Invitation",
        "Day, time and place at a glance, with a button to say yes.",
        "You are invited, {{contact.first_name|friend}}",
        "An evening together. Save your place in one click.",
        accent="#9d174d",
    ),
    Ready(
        4,
        "offer",
        "Offer",
        "A price that is better for a while, with a code to use.",
        "A thank-you for you: 15 % until Sunday",
        "Your code is inside. It works for everything in the shop.",
        accent="#b45309",
    ),
    Ready(
        5,
        "welcome",
        "Welcome",
        "The first mail after somebody joined: what to expect, where to begin.",
        "Welcome to {{crm.business_name}}",
        "Good to have you here. This is what happens next.",
        look={"content_border_radius": "12px", "body_bg_color": "#eef4f3", "link_color": "#0f6e6b"},
    ),
    Ready(
        6,
        "letter",
        "Letter",
        "Plain words from one person to another, without any decoration.",
        "A short note, {{contact.first_name|hello}}",
        "I wanted to tell you this myself.",
        design="plain",
        look={"body_bg_color": "#ffffff", "content_width": "600", "paragraph_line_height": "1.6"},
    ),
)


def find_ready(name: str) -> Ready | None:
    """The ready-made template of that name, or None."""
    return next((one for one in READY if one.name == name), None)
