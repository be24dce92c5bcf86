"""The bytes of a mail as a person reads them: headers, HTML, text, attachments. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class ReadMail:
    """One mail. `html` and `text` are empty when there is no such part; `attachments` are (name, type, bytes)."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    attachments: tuple[tuple[str, str, int], ...]
    source: str

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


# The source is for reading; a mail of megabytes would only choke the page.
_SHOWN_SOURCE = 400_000


def read_mail(raw: bytes) -> ReadMail:
    """What cannot be decoded is shown with replacement signs."""
    mail = message_from_bytes(raw, policy=policy.default)
    return ReadMail(
        headers=tuple(_headers(mail)),
        html=_part(mail, "html"),
        text=_part(mail, "plain"),
        attachments=tuple(_attachments(mail)),
        source=raw[:_SHOWN_SOURCE].decode("utf-8", "replace"),
    )


def _headers(mail: EmailMessage) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in dict.fromkeys(mail.keys()):
        try:
            values: list[Any] = mail.get_all(name) or []
        except (ValueError, LookupError, AttributeError):
            values = [value for key, value in mail.raw_items() if key == name]
        found += [(name, str(value)) for value in values]
    return found


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    body: object = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(body, bytes):
        return ""
    try:
        return body.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _attachments(mail: EmailMessage) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for part in mail.iter_attachments():
        body: object = cast(Any, part).get_payload(decode=True)
        size = len(body) if isinstance(body, bytes) else 0
        found.append((part.get_filename() or "", part.get_content_type(), size))
    return found
