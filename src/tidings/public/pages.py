"""The pages of recipients: leaving, preferences, confirming, the mail in a browser. GET and HEAD change nothing."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tidings.access.actions import count_try
from tidings.consent import actions as consent
from tidings.contacts import actions as contacts
from tidings.contacts import queries
from tidings.contacts.rules import is_email
from tidings.contacts.types import ContactView, Draft
from tidings.messages.leaving import leave
from tidings.messages.links import Purpose, ask_for_link
from tidings.messages.optin import after_confirmation
from tidings.messages.optin_settings import is_target
from tidings.messages.preview import message_view, shared_view
from tidings.pages.placing import address_of_preferences
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, RateLimited
from tidings.privacy.actions import export_file
from tidings.privacy.links import ask_for_data, ask_for_erasure, purpose_of, use_link
from tidings.public import preference_form
from tidings.public.hits import anonymised
from tidings.public.http import Reply, Visit, header_url
from tidings.public.preference_form import BY_OWNER, masked, md5
from tidings.tracking import tokens
from tidings.tracking.machines import is_machine

LANDING = "/p/"
AJAX = "/wp-admin/admin-ajax.php"
REASONS = (
    ("no_longer", "I no longer want to receive these emails"),
    ("never_signed_up", "I never signed up for this email list"),
    ("emails_inappropriate", "The emails are inappropriate"),
    ("emails_spam", "The emails are spam"),
    ("other", "Other (fill in the reason below)"),
)
_MAILED = "We've sent an email to your inbox that contains a link to {}. Please check your email address."
_ASKED: dict[Purpose, str] = {
    "unsubscribe": _MAILED.format("unsubscribe from our mailing list"),
    "preferences": _MAILED.format("manage your subscription"),
    "portal": "If we know this address, an email with a link is on its way to it. The link works once and for an hour.",
}
LEFT = "You've successfully unsubscribed from our email list."
NOT_FOUND = "Sorry, No email found based on your data"
_ASKS_FOR_PREFERENCES = "fluentcrm_request_manage_subscription_ajax"
LIST_HEADER = "Unsubscribe From List Header"

_pages = Environment(loader=PackageLoader("tidings.public"), autoescape=True, undefined=StrictUndefined)
_MAIL_CSP = (
    b"default-src 'none'; style-src 'unsafe-inline'; img-src * data:; font-src *; base-uri 'none'; sandbox allow-popups"
)


class Pages:
    """Answers every public page."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def render(self, template: str, *, status: int = 200, **values: Any) -> Reply:
        """A page of a template, under the installation's name and logo."""
        name, logo = await self._core.installation.brand()
        text = _pages.get_template(template).render(business_name=name, logo=logo, **values)
        return Reply(status, text.encode())

    async def say(self, title: str, text: str, *, status: int = 200) -> Reply:
        """A page with one message."""
        return await self.render("message.html", status=status, title=title, text=text, back=None, back_text="")

    async def _contact(self, secure_hash: str, *, periods: int = tokens.PERIODS_ACCEPTED) -> ContactView | None:
        now = self._core.clock.now()
        contact_id = tokens.read_secure_hash(self._core.keys, secure_hash, now, periods=periods)
        return await queries.find_contact(self._core, contact_id) if contact_id is not None else None

    async def _ip(self, visit: Visit) -> str:
        """The address for the ledger, as whole as the installation wants it."""
        return (anonymised(visit.ip) or "") if await self._core.installation.get("anonymize_ip") else visit.ip

    # -- leaving

    async def unsubscribe(self, visit: Visit) -> Reply:
        """GET shows the page; POST with List-Unsubscribe=One-Click leaves at once and always says so (RFC 8058)."""
        view = await self._contact(visit.query.get("secure_hash", ""), periods=tokens.PERIODS_TO_LEAVE)
        message_id = tokens.number_from(visit.get("ce_id") or visit.get("_e_id"))
        if visit.method == "POST" and visit.form.get("List-Unsubscribe", "").strip() == "One-Click":
            if view is not None:
                await self._leave(view, message_id, LIST_HEADER, visit, is_one_click=True)
            return _json({"success": True, "data": {"message": LEFT}})
        if view is None:
            return await self._request_page("Unsubscribe", "fluentcrm_request_unsubscribe_ajax")
        return await self.render(
            "unsubscribe.html",
            title="Unsubscribe",
            action=AJAX,
            # Masked: mails are forwarded with their links.
            email=masked(view.contact.email or ""),
            message_id=message_id or "",
            secure_hash=visit.query["secure_hash"],
            sub_hash=md5(view.contact.email or ""),
            reasons=REASONS,
            asks_reason=not await self._core.installation.get("one_click_unsubscribe"),
        )

    async def _leave(
        self, view: ContactView, message_id: int | None, reason: str, visit: Visit, *, is_one_click: bool
    ) -> None:
        ip = await self._ip(visit)
        await leave(self._core, view.contact.id, reason=reason, message_id=message_id, is_one_click=is_one_click, ip=ip)

    async def _submit_unsubscribe(self, visit: Visit) -> Reply:
        view = await self._contact(visit.get("secure_hash"), periods=tokens.PERIODS_TO_LEAVE)
        if view is None:
            return await self._done(visit, NOT_FOUND, is_ok=False)
        key = visit.get("reason")
        reason = visit.get("other_reason").strip()[:500] if key == "other" else dict(REASONS).get(key, "")
        await self._leave(view, tokens.number_from(visit.get("_e_id")), reason, visit, is_one_click=False)
        target = str(await self._core.installation.get("unsubscribe_redirect"))
        if is_target(target) and visit.form.get("page"):
            return await self.onward("Done", target)
        return await self._done(visit, LEFT, is_ok=True, more={"redirect_url": target if is_target(target) else False})

    # -- preferences

    async def preferences(self, visit: Visit) -> Reply:
        """The preference page, or the way to the landing page that it stands on."""
        secure_hash = visit.query.get("secure_hash", "")
        slug = await address_of_preferences(self._core)
        if slug:
            query = f"?{urlencode({'secure_hash': secure_hash})}" if secure_hash else ""
            return Reply(307, headers=[(b"location", header_url(f"{LANDING}{slug}{query}"))])
        title, form = "Update your preferences", await self.preference_markup(secure_hash)
        if form is None:
            return await self._request_page(title, _ASKS_FOR_PREFERENCES)
        return await self.render("preferences.html", title=title, form=form)

    async def preference_markup(self, secure_hash: str) -> Markup | None:
        """The form of the person that a link in a mail proves, None without a proof."""
        view = await self._contact(secure_hash)
        if view is None:
            return None
        values = await preference_form.values(self._core, view, shown_email=masked(view.contact.email or ""))
        return _markup("preference_form.html", ajax=AJAX, secure_hash=secure_hash, **values)

    def request_markup(self) -> Markup:
        """The form by which such a link is asked for, on a page that may stand in a frame."""
        return _markup("request_form.html", ajax=AJAX, ajax_action=_ASKS_FOR_PREFERENCES, is_framed=True)

    async def _submit_preferences(self, visit: Visit) -> Reply:
        view = await self._contact(visit.get("_secure_hash"))
        if view is None:
            return await self._done(visit, NOT_FOUND, is_ok=False)
        said = await preference_form.change(self._core, visit, view)
        return await self._done(visit, said.text, is_ok=said.is_ok)

    async def _ask_for_data(self, visit: Visit, *, is_erasure: bool) -> Reply:
        """Has a link of single use mailed: what stands on the page proves an old mail, not the mailbox."""
        view = await self._contact(visit.get("_secure_hash"))
        if view is None or not await self._core.installation.get("personal_data_on_request"):
            return await self._done(visit, NOT_FOUND, is_ok=False)
        try:
            await count_try(self._core, f"personal-data:{view.contact.id}", 2)
        except RateLimited as error:
            return await self._done(visit, error.message, is_ok=False)
        await (ask_for_erasure if is_erasure else ask_for_data)(self._core, view.contact.id)
        text = "We've sent an email with a link to your inbox. The link works once and for two days."
        return await self._done(visit, text, is_ok=True)

    async def personal_data(self, visit: Visit) -> Reply:
        """Where such a link leads: a button, and behind it the file or the erasure. GET changes nothing."""
        token = visit.get("token")
        purpose = await purpose_of(self._core, token)
        if purpose is None:
            return await self.say("Not valid", "This link is over or was used already. Please ask for another one.")
        if visit.method != "POST":
            title = "Erase your data" if purpose == "erase" else "Your data"
            return await self.render("personal_data.html", title=title, purpose=purpose, token=token)
        used = await use_link(self._core, token)
        if used is None:
            return await self.say("Not valid", "This link is over or was used already. Please ask for another one.")
        if purpose == "erase":
            text = "What we know about you is being erased. You will get no more mails from us."
            return await self.say("Done", text)
        _, contact_id, export_id = used
        try:
            file = await export_file(self._core, contact_id, export_id or 0)
        except NotFound:
            return await self.say("Not valid", "This file is over. Please ask for another one.")
        named = (b"content-disposition", b'attachment; filename="personal-data.zip"')
        return Reply(200, await asyncio.to_thread(file.read_bytes), b"application/zip", [named])

    # -- asking for a link

    async def _request_page(self, title: str, ajax_action: str) -> Reply:
        return await self.render("request.html", title=title, ajax=AJAX, ajax_action=ajax_action, is_framed=False)

    async def submit_request(self, visit: Visit, purpose: Purpose) -> Reply:
        """Has a link mailed; neither the answer nor its time tells whether the address is known."""
        email = visit.get("email").strip()
        if not is_email(email) or visit.get("website"):
            return await self._done(visit, "Please provide a valid email address", is_ok=False)
        try:
            await count_try(self._core, f"link-ip:{visit.ip}", 30)
            await count_try(self._core, f"link:{email.lower()}", 3)
        except RateLimited as error:
            return await self._done(visit, error.message, is_ok=False)
        await ask_for_link(self._core, email, purpose)
        return await self._done(visit, _ASKED[purpose], is_ok=True)

    async def ajax(self, visit: Visit) -> Reply:
        """The one address that the original's forms post to."""
        match visit.form.get("action", ""):
            case "fluentcrm_unsubscribe_ajax":
                return await self._submit_unsubscribe(visit)
            case "fluentcrm_manage_preferences_ajax":
                return await self._submit_preferences(visit)
            case "fluentcrm_request_unsubscribe_ajax":
                return await self.submit_request(visit, "unsubscribe")
            case "fluentcrm_request_manage_subscription_ajax":
                return await self.submit_request(visit, "preferences")
            case "tidings_personal_data" | "tidings_erasure" as asked:
                return await self._ask_for_data(visit, is_erasure=asked == "tidings_erasure")
            case _:
                return Reply(400, b"0", b"text/plain")

    async def _done(self, visit: Visit, text: str, *, is_ok: bool, more: dict[str, Any] | None = None) -> Reply:
        """JSON for programs, a page for people (own forms say `page=1`)."""
        if visit.form.get("page"):
            return await self.say("Done" if is_ok else "That did not work", text, status=200 if is_ok else 422)
        return _json({"success": is_ok, "data": {"message": text, **(more or {})}}, 200 if is_ok else 422)

    # -- confirming and reading

    async def confirm(self, visit: Visit) -> Reply:
        """The opt-in link: people are confirmed, and a repeat shows the same page.

        A button stands between for machines, and for who has left: only a person presses it.
        """
        title = "Email Confirmation"
        view = await self._to_confirm(visit)
        if view is None:
            return await self.say(title, "Sorry! Your confirmation url is not valid")
        contact_id, new = view.contact.id, self._new_address(visit, view.contact.id)
        looks_automatic = is_machine(visit.method, visit.headers, is_click=True)
        if visit.method != "POST" and (looks_automatic or view.contact.status == "unsubscribed"):
            again = {
                name: visit.query[name] for name in ("hash", "secure_hash", "c", "new", "email") if name in visit.query
            }
            action = f"/?{urlencode({'fluentcrm': 1, 'route': 'confirmation'} | again)}"
            whose = masked(new or view.contact.email or "")
            return await self.render("confirm.html", title=title, email=whose, action=action)
        if new and new != view.contact.email:
            try:
                await contacts.write_contact(self._core, Draft({"email": new}, id=contact_id), BY_OWNER)
            except Invalid as error:
                return await self.say(title, error.message, status=422)
        await consent.confirm_contact(self._core, contact_id, source="double_opt_in", ip=await self._ip(visit))
        now = await queries.contact_by_id(self._core, contact_id)
        if now.contact.status in ("bounced", "complained", "spammed"):
            return await self.say(title, "This address cannot get our mails any more. Please write to us.", status=422)
        return await self._after_confirmation(visit, title, contact_id)

    async def _after_confirmation(self, visit: Visit, title: str, contact_id: int) -> Reply:
        """The page or the address that the installation, or one of the contact's lists, wants to be shown."""
        after = await after_confirmation(self._core, contact_id)
        if after.redirect_url and visit.method == "POST":
            return await self.onward(title, after.redirect_url)
        if after.redirect_url:
            return Reply(307, headers=[(b"location", header_url(after.redirect_url))])
        return await self.render("confirmed.html", title=title, message=after.message)

    async def onward(self, title: str, target: str) -> Reply:
        """Leads from an answered form to another site: a redirect would be stopped by the form's own policy."""
        reply = await self.render(
            "message.html", title=title, text="Thank you. You are taken on.", back=target, back_text="Go on"
        )
        reply.headers.append((b"refresh", b"0; url=" + header_url(target)))
        return reply

    async def _to_confirm(self, visit: Visit) -> ContactView | None:
        # Who it is stands behind the proof; links of older mails have it beside.
        given, _, number = visit.query.get("secure_hash", "").partition("__")
        contact_id = tokens.number_from(number or visit.query.get("c"))
        if contact_id is None or not tokens.is_same(given, tokens.confirm_proof(self._core.keys, contact_id)):
            return None
        return await queries.find_contact(self._core, contact_id)

    def _new_address(self, visit: Visit, contact_id: int) -> str | None:
        """The other address that a confirmation link carries, when its own proof is right."""
        email = visit.query.get("email", "")
        right = tokens.new_address_proof(self._core.keys, contact_id, email)
        return email if tokens.is_same(visit.query.get("new", ""), right) else None

    async def web_view(self, visit: Visit) -> Reply:
        """The mail of a message, or the shared view of a campaign; in a frame without scripts."""
        shared = visit.query.get("fc_newsletter", "")
        try:
            if shared:
                page = await shared_view(self._core, self._shared_campaign(shared))
            else:
                message_id = tokens.number_from(visit.query.get("_e_id"))
                given = visit.query.get("_e_hash", "")
                if message_id is None or not tokens.is_same(given, tokens.web_view_proof(self._core.keys, message_id)):
                    raise NotFound("message", message_id)
                _, page = await message_view(self._core, message_id)
        except NotFound:
            return await self.say("Email not found", "This email cannot be shown any more.", status=404)
        return Reply(200, page.encode(), headers=[(b"content-security-policy", _MAIL_CSP)])

    def _shared_campaign(self, text: str) -> int:
        proof, number = text[:32], text[32:]
        try:
            campaign_id = int(number, 16) if len(number) < 16 else -1
        except ValueError:
            campaign_id = -1
        if campaign_id < 0 or not tokens.is_same(proof, tokens.share_proof(self._core.keys, campaign_id)):
            raise NotFound("campaign", text)
        return campaign_id


def _markup(template: str, **values: Any) -> Markup:
    return Markup(_pages.get_template(template).render(**values))  # noqa: S704 - the template escapes


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(body), b"application/json; charset=UTF-8")
