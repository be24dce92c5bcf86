"""A mail compiled once, joined per person; previews and web views from the same compiled form.

Here: both template languages, escaping by place, look and footer, links numbered, the text part, MIME.
Not here: what is stored of a mail (`campaigns`), tokens of links and hits (`tracking`), the wire (`messages`).
"""

from tidings.content.mail.checks import Finding, compliance_problems, footer_problems, lint
from tidings.content.mail.compiling import compile_mail
from tidings.content.mail.language_codes import CodeGroup, picker
from tidings.content.mail.mime import join
from tidings.content.mail.rendering import (
    render_html,
    render_preheader,
    render_subject,
    render_text,
    render_text_template,
)
from tidings.content.mail.types import (
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
]
