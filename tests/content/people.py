"""The person, site, links and headers that the tests of this package share."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, date, datetime
from email.message import EmailMessage

from tidings.content import Address, Compiled, MailHeaders, MailLinks, Person, Site, Source, compile_mail, join

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SITE = Site(
    business_name="Acme & Co",
    business_address="1 Road, Bonn",
    name="Acme",
    url="https://t.example",
    description="Things",
    admin_email="boss@t.example",
    time_zone="Europe/Berlin",
    custom_fields={"plan": "text", "interests": "checkbox", "renewal": "date", "about": "textarea"},
)
ANN = Person(
    id=7,
    email="ann@example.com",
    uid="u7",
    prefix="Ms",
    first_name="Ann",
    last_name="O'Lee",
    phone="+49 1",
    address_line_1="2 Lane",
    city="Bonn",
    postal_code="53111",
    country="DE",
    source="web",
    date_of_birth=date(1990, 5, 1),
    created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    user_id=3,
    custom={"plan": "pro", "interests": ["a", "b"], "renewal": "2027-02-03", "about": "one\n<two>"},
    tags=((1, "VIP", "vip"), (2, "New", "new")),
    lists=((5, "News", "news"),),
    company={"name": "Lee Ltd", "industry": "Food", "city": "Bonn", "country": "DE", "website": "https://lee.example"},
    meta={"nick": "Annie"},
    context={"woo_order": {"number": "1001"}},
)
NOBODY = Person(id=8, email="x@example.com")
LINKS = MailLinks(
    unsubscribe_url="https://t.example/u/1?a=1&b=2",
    manage_url="https://t.example/m/1",
    web_view_url="https://t.example/w/1",
    activate_url="https://t.example/a/1",
    open_pixel_url="https://t.example/o/1",
    click_tail="12&fch=ab34",
)


def headers(**changes: object) -> MailHeaders:
    given: dict[str, object] = {
        "sender": Address("me@t.example", "Me"),
        "to": Address("ann@example.com", "Ann"),
        "message_id": "m1@t.example",
        "sent_at": AT,
        **changes,
    }
    return MailHeaders(**given)  # type: ignore[arg-type]


def compiled(body: str = "", *, site: Site = SITE, language: str = "smartcodes", **source: object) -> Compiled:
    given = Source(body=body, **{"subject": "S", "design": "raw_html", **source})  # type: ignore[arg-type]
    return compile_mail(given, language=language, site=site)  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def sent(mail: Compiled, person: Person = ANN, links: MailLinks = LINKS, **changes: object) -> EmailMessage:
    return parsed(join(mail, person, links, headers=headers(**changes)))


def part(message: EmailMessage, subtype: str) -> str:
    for one in message.iter_parts():
        if one.get_content_subtype() == subtype:
            content = one.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content.decode("utf-8").replace("\r\n", "\n")
    raise AssertionError(subtype)
