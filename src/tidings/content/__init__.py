"""A mail compiled once, joined per person; previews and web views from the same compiled form.

Here: both template languages, escaping by place, look and footer, links numbered, the text part, MIME.
Not here: what is stored of a mail (`campaigns`), tokens of links and hits (`tracking`), the wire (`messages`).
"""

from tidings.content.checks import Finding, compliance_problems, footer_problems, lint
from tidings.content.compiling import compile_mail, compile_subject
from tidings.content.headers import wire_address
from tidings.content.language_codes import CodeGroup, picker
from tidings.content.mime import join, track_links
from tidings.content.rendering import (
    render_html,
    render_preheader,
    render_subject,
    render_text,
    render_text_template,
)
from tidings.content.types import (
    Address,
    Compiled,
    ContentTooLarge,
    HeaderRefused,
    Kind,
    Language,
    MailHeaders,
    MailLinks,
    Person,
    Site,
    Source,
)

__all__ = [
    "Address",
    "CodeGroup",
    "Compiled",
    "ContentTooLarge",
    "Finding",
    "HeaderRefused",
    "Kind",
    "Language",
    "MailHeaders",
    "MailLinks",
    "Person",
    "Site",
    "Source",
    "compile_mail",
    "compile_subject",
    "compliance_problems",
    "footer_problems",
    "join",
    "lint",
    "picker",
    "render_html",
    "render_preheader",
    "render_subject",
    "render_text",
    "render_text_template",
    "track_links",
    "wire_address",
]
