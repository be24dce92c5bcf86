"""Whole mails: compiled, joined, parsed back with the standard library."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.content.people import ANN, LINKS, NOBODY, SITE, compiled, headers, parsed, part, sent
from tidings.content import (
    Address,
    ContentTooLarge,
    HeaderRefused,
    MailLinks,
    Person,
    Source,
    compile_mail,
    join,
    render_html,
    render_preheader,
    render_subject,
    render_text,
    track_links,
)

ANY = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=300)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def line_ends(text: str) -> str:
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


@given(first=ANY, about=ANY, body=st.text(alphabet="ab =.\n\tö€", max_size=200))
@settings(max_examples=150, deadline=None)
def test_whatever_a_contact_is_called_arrives_unchanged(first: str, about: str, body: str) -> None:
    mail = compiled(f"<p>{body}[{{{{contact.first_name}}}}]{body}[{{{{contact.custom.plan}}}}]</p>")
    person = Person(id=1, email="a@b.example", first_name=first, custom={"plan": about})
    raw = join(mail, person, LINKS, headers=headers())
    message = parsed(raw)
    assert part(message, "html") == render_html(mail, person, LINKS)
    assert part(message, "plain") == render_text(mail, person, LINKS)
    assert f"[{line_ends(first)}]" in unescape_once(part(message, "html"))
    assert f"[{line_ends(about)}]" in part(message, "plain")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 76
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")


def unescape_once(html: str) -> str:
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        html = html.replace(code, sign)
    return html


@given(name=ANY, subject=ANY)
@settings(max_examples=200, deadline=None)
def test_no_name_or_subject_breaks_out_of_its_header(name: str, subject: str) -> None:
    mail = compiled("x", subject="Hi {{contact.custom.plan}}")
    person = Person(id=1, email="a@b.example", custom={"plan": subject})
    raw = join(mail, person, LINKS, headers=headers(to=Address("a@b.example", name)))
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert names == [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"]
    assert all(line.strip() for line in head.split(b"\r\n"))
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    message = parsed(raw)
    assert str(message["Subject"]) == render_subject(mail, person, LINKS)


@pytest.mark.parametrize(
    "subject",
    [
        "plain",
        "Grüße an alle " * 12,
        "日本語の件名" * 20,
        "=?utf-8?q?fake?=",
        "long " * 60,
        "x" * 1200,
        "a  b " * 30,
        "é" * 200,
    ],
)
def test_subjects_of_any_kind_are_read_back(subject: str) -> None:
    message = sent(compiled("x", subject=subject))
    assert str(message["Subject"]).strip() == subject.strip()


@pytest.mark.parametrize(
    "name", ["Ann", "Lee, Ann", 'A "quoted" \\ one', "Ännchen von Tharau", "李小龍" * 12, "x " * 60, ""]
)
def test_display_names_are_read_back(name: str) -> None:
    raw = join(
        compiled("x"),
        ANN,
        LINKS,
        headers=headers(to=Address("ann@example.com", name), reply_to=Address("r@t.example", name)),
    )
    message = message_from_bytes(raw)
    for field in ("To", "Reply-To"):
        # the older reader: the newer one keeps the blank between two encoded words of a phrase, against RFC 2047 §6.2
        shown = str(make_header(decode_header(message.get(field))))
        assert parseaddr(shown)[0] == name.strip()
    assert parsed(raw)["To"].addresses[0].addr_spec == "ann@example.com"


def test_a_non_ascii_domain_becomes_punycode_and_a_local_part_stays() -> None:
    raw = join(compiled("x"), ANN, LINKS, headers=headers(to=Address("jürgen@müller.example")))
    assert "To: jürgen@xn--mller-kva.example\r\n".encode() in raw


@pytest.mark.parametrize(
    "change",
    [
        {"to": Address("a@b.c\r\nBcc: x@y.z")},
        {"to": Address("no address")},
        {"sender": Address("a\0@b.c")},
        {"message_id": "a@b>\r\nX: y"},
        {"list_unsubscribe": ("https://x\r\nX: y",)},
        {"extra": (("X-A", "a\r\nX-B: b"),)},
        {"extra": (("X A", "a"),)},
    ],
)
def test_what_would_forge_a_header_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(HeaderRefused):
        join(compiled("x"), ANN, LINKS, headers=headers(**change))


def test_unsubscribe_headers_are_those_of_rfc_8058() -> None:
    message = sent(
        compiled("x"), list_unsubscribe=("https://t.example/u/1",), one_click=True, extra=(("X-Campaign", "9"),)
    )
    assert message["List-Unsubscribe"] == "<https://t.example/u/1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["X-Campaign"] == "9"
    assert "List-Unsubscribe" not in sent(compiled("x"))


def test_links_are_numbered_once_in_order_and_unescaped() -> None:
    mail = compiled(
        "<a href=\"https://a.example/?x=1&amp;y=%20%C3%A9\">a</a> <a href='http://b.example'>b</a> "
        '<a href=https://c.example/q>c</a> <a href="https://a.example/?x=1&amp;y=%20%C3%A9">again</a>'
    )
    assert mail.links == ("https://a.example/?x=1&y=%20%C3%A9", "http://b.example", "https://c.example/q")
    tracked = track_links(mail, [f"https://t.example/?l={n}&mid=" for n in range(3)])
    html = part(sent(tracked), "html")
    assert re.findall(r'href=["\'](.*?)["\']', html) == [
        f"https://t.example/?l={n}&amp;mid=12&amp;fch=ab34" for n in (0, 1, 2, 0)
    ]
    plain = part(sent(tracked), "plain")
    assert "a (https://t.example/?l=0&mid=12&fch=ab34) b (https://t.example/?l=1&mid=12&fch=ab34)" in plain
    assert render_html(tracked, ANN, LINKS) == render_html(mail, ANN, LINKS)


@given(body=st.text(alphabet="ab.\n=é ", max_size=300), name=st.text(alphabet="a.=\né", max_size=100))
@settings(max_examples=150, deadline=None)
def test_no_line_of_a_mail_begins_with_a_dot(body: str, name: str) -> None:
    mail = track_links(compiled(f"{body}{{{{contact.first_name}}}}{body}<a href='https://x.example'>.</a>"), [".?"])
    raw = join(mail, Person(id=1, email="a@b.example", first_name=name), LINKS, headers=headers())
    assert b"\n." not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 76
    assert name.replace("\n", "") in part(parsed(raw), "plain").replace("\n", "")


def test_an_untracked_mail_keeps_its_addresses_exactly() -> None:
    body = '<a href="https://a.example/?utm_source=x&amp;q=a%2Fb#frag">a</a>'
    html = render_html(compiled(body), ANN, MailLinks())
    assert html == body + "\n"


@pytest.mark.parametrize(
    "href",
    [
        "mailto:a@b.c?subject=x",
        "tel:+49123",
        "#top",
        "sms:1",
        "/relative",
        "https://x.example/?e={{contact.email}}",
        "##crm.unsubscribe_url##",
        "{{crm.manage_subscription_url}}",
        "http://##web_preview_url##",
    ],
)
def test_links_that_are_not_ours_to_follow_are_not_rewritten(href: str) -> None:
    mail = compiled(f'<a href="{href}">x</a>')
    assert mail.links == ()
    assert "/c/" not in part(sent(mail), "html")


def test_codes_in_addresses_are_encoded_for_their_place() -> None:
    person = Person(id=1, email="a+b@c.example", first_name='"><script>', company={"website": "javascript:alert(1)"})
    mail = compiled(
        '<a href="https://x.example/?e={{contact.email}}&amp;n={{contact.first_name}}">x</a>'
        '<a href="{{contact.company.website}}">y</a><img alt="{{contact.first_name}}" src="x">'
        '<a href="http://##crm.unsubscribe_url##">u</a><p style="color:{{contact.first_name}}">z</p>'
    )
    html = part(sent(mail, person), "html")
    assert 'href="https://x.example/?e=a%2Bb@c.example&amp;n=%22%3E%3Cscript%3E"' in html
    assert 'href="#"' in html
    assert 'alt="&quot;&gt;&lt;script&gt;"' in html
    assert 'href="https://t.example/u/1?a=1&amp;b=2"' in html
    assert "<script>" not in html


def conditional(kind: str) -> str:
    return (
        "<table><!-- wp:fluentcrm/conditional-group "
        f'{{"condition_type":"{kind}","tag_ids":["1",9]}} --><tr><td>for {{{{contact.first_name}}}}</td></tr>'
        "<!-- /wp:fluentcrm/conditional-group --><tr><td>all</td></tr></table>"
    )


@pytest.mark.parametrize("design", ["simple", "raw_html"])
def test_conditional_sections_follow_the_tags(design: str) -> None:
    shown = compiled(conditional("show_if_tag_exist"), design=design)
    hidden = compiled(conditional("show_if_tag_not_exist"), design=design)
    assert "for Ann" in part(sent(shown), "html")
    assert "for Ann" in part(sent(shown), "plain")
    assert "for" not in part(sent(shown, NOBODY), "plain").split("all")[0]
    assert "for" not in part(sent(hidden), "plain").split("all")[0]
    assert "for {{contact.first_name}}" in render_html(hidden, None, LINKS)
    assert "for {{contact.first_name}}" not in render_html(shown, None, LINKS)
    for mail in (shown, hidden):
        html = part(sent(mail), "html")
        assert "wp:fluentcrm" not in html
        assert "<!--tk" not in html


def test_conditions_of_variables_work_between_and_inside_tags() -> None:
    body = (
        "<table>{{#if plan}}<tr><td>{{plan}}</td></tr>{{else}}<tr><td>none</td></tr>{{/if}}</table>"
        '<a href="{{#if plan}}https://a.example{{else}}https://b.example{{/if}}">x</a>'
    )
    mail = compiled(body, language="variables", design="simple")
    assert "<td>pro</td>" in part(sent(mail), "html").replace(' style=""', "")
    assert "none" in part(sent(mail, NOBODY), "html")
    assert 'href="https://a.example"' in part(sent(mail), "html")


def test_the_frame_carries_preheader_footer_and_pixel() -> None:
    mail = compiled(
        "<h1>Hi</h1><p>x</p>",
        design="simple",
        preheader="Pre {{contact.first_name}} <",
        look={"content_width": 640, "body_bg_color": "#123456", "text_color": "red;}</style><script>"},
    )
    html = part(sent(mail), "html")
    assert "Pre Ann &lt;" in html
    assert "max-width: 640px" in html or "max-width:640px" in html
    assert "#123456" in html
    assert "<script>" not in html
    assert "@media" in html
    assert "Acme &amp; Co" in html
    assert 'src="https://t.example/o/1"' in html.split("</body>")[0]
    assert part(sent(mail), "plain") == (
        "Hi\n\nx\n\nAcme & Co\n1 Road, Bonn\nUnsubscribe (https://t.example/u/1?a=1&b=2) · "
        "Manage preferences (https://t.example/m/1)\n"
    )
    assert render_preheader(mail, ANN, LINKS) == "Pre Ann <"
    assert "/o/1" not in render_html(mail, ANN, MailLinks())


def test_footers_are_custom_global_or_absent() -> None:
    site = SITE.__class__(**{**{f: getattr(SITE, f) for f in SITE.__struct_fields__}, "footer": "<i>GLOBAL</i>"})
    own = {"custom_footer": "yes", "footer_content": "<i>OWN</i>"}
    assert "GLOBAL" in part(sent(compiled("x", design="simple", site=site)), "html")
    assert "OWN" in part(sent(compiled("x", design="simple", site=site, footer=own)), "html")
    for without in ({"footer": {"disable_footer": "yes"}}, {"look": {"disable_footer": "yes"}}, {"design": "raw_html"}):
        assert "GLOBAL" not in part(sent(compiled("x", site=site, **{"design": "simple", **without})), "html")
    inside = compiled("{{crm_global_email_footer}}", site=site)
    assert part(sent(inside), "html").count("GLOBAL") == 1
    transactional = compile_mail(Source(body="x"), language="smartcodes", site=site, kind="transactional")
    assert "Acme &amp; Co" in render_html(transactional, ANN, LINKS)
    assert "GLOBAL" not in render_html(transactional, ANN, LINKS)


def test_css_is_inlined_and_media_queries_stay() -> None:
    html = part(sent(compiled("<style>p{color:red}@media (max-width:9px){p{color:blue}}</style><p>x</p>")), "html")
    assert '<p style="color: red;">' in html
    assert "@media (max-width:9px)" in html


def test_the_same_source_compiles_to_the_same_bytes() -> None:
    first, second = (compiled("<p>{{contact.first_name}}</p>", design="simple") for _ in range(2))
    assert join(first, ANN, LINKS, headers=headers()) == join(second, ANN, LINKS, headers=headers())


def test_a_raw_document_is_otherwise_left_alone() -> None:
    body = "<!DOCTYPE html><html><body><p>Hi {{contact.first_name}} &nbsp;&amp; ö</p></body></html>"
    assert render_html(compiled(body), ANN, MailLinks()) == body.replace("{{contact.first_name}}", "Ann") + "\n"


def test_oversized_sources_and_macro_floods_are_refused() -> None:
    with pytest.raises(ContentTooLarge):
        compiled("x" * 2_000_001)
    site = SITE.__class__(**{**{f: getattr(SITE, f) for f in SITE.__struct_fields__}, "footer": "f" * 100_000})
    with pytest.raises(ContentTooLarge):
        compiled("{{crm_global_email_footer}}" * 50, site=site)


@pytest.mark.parametrize(
    "hostile",
    ["<" * 200_000, "<a " * 100_000, '<a href="' * 30_000, "{{" * 200_000, "<!--" * 60_000, "<body " * 60_000,
     "##a" * 100_000, "<!--[if" * 40_000, " " * 300_000, "<!-- wp:fluentcrm/conditional-group " + "[" * 19_000 + " -->",
     "<a b = " * 60_000, "<style>" * 50_000, "&" * 200_000, "<div>" * 60_000],
)  # fmt: skip
def test_hostile_sources_compile_without_blowing_up(hostile: str) -> None:
    mail = compiled(hostile, design="raw_html")
    assert sent(mail)


@given(source=st.text(alphabet=st.sampled_from(list("<>/='\"!-[] abp{}#|.&;\n")) | st.sampled_from("é€"), max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_source_is_sent_as_it_is_previewed(source: str) -> None:
    mail = compiled(f"{source}<a href='https://x.example'>{source}{{{{contact.first_name}}}}", design="raw_html")
    message = sent(mail)
    assert part(message, "html") == line_ends_only(render_html(mail, ANN, LINKS))
    assert part(message, "plain") == render_text(mail, ANN, LINKS)


def line_ends_only(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_links_between_outlooks_comments_are_tracked() -> None:
    body = (
        '<!--[if mso]><v:rect href="https://a.example"><![endif]--><!--[if !mso]><!-->'
        '<a href="https://b.example">b</a><!--<![endif]-->'
    )
    mail = compiled(body)
    assert mail.links == ("https://a.example", "https://b.example")
    assert render_html(mail, ANN, MailLinks()) == body + "\n"
    assert render_text(mail, ANN, MailLinks()) == "b (https://b.example)\n"


@pytest.mark.parametrize(
    "deep",
    [
        "<div>" * 100_000,
        "<div></x>" * 60_000,
        "<svg>" + "<td>" * 60_000,
        "<!-->" + "<div>" * 60_000 + "-->",
        "<!--[if -->" + "<div>" * 60_000 + "]>",
        "<textarea><style></textarea>" + "<div>" * 60_000,
        "<select><title></select>" + "<div>" * 60_000,
        "<span><div></span>" * 40_000,
    ],
)
def test_very_deep_markup_is_sent_without_inlining(deep: str) -> None:
    assert "<style>" in part(sent(compiled(deep, design="simple")), "html")


def test_entities_in_codes_are_what_editors_make_of_them() -> None:
    assert "Tom &amp; Co" in part(sent(compiled("{{contact.state|Tom &amp; Co}}")), "html")
    assert "Ann" in part(sent(compiled("{{&nbsp;contact.first_name&nbsp;}}")), "html")
    assert unescape("&amp;") == "&"
