"""Sender and mail accounts. Passwords go in and never come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.messages import accounts, signing
from tidings.messages.domains import DnsFinding, look_up
from tidings.messages.types import Account
from tidings.platform.errors import Invalid, Refused, TidingsError
from tidings.ui.settings import mail_forms
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"


@get("/settings/sending", permission=MAY)
async def sending_page(visit: Visiting) -> Response[Any]:
    """The default sender, the ceiling, and the accounts."""
    return await _overview(visit, Form(await visit.core.installation.values()))


async def _overview(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    return await visit.page(
        "settings/sending.html", form=form, accounts=await accounts.list_accounts(visit.core), status=status
    )


@post("/settings/sending", permission=MAY)
async def save_sender(visit: Visiting) -> Response[Any]:
    """Stores sender, ceiling and policy."""
    form = await visit.form()
    try:
        policy = "resend" if form.text("unknown_policy") == "resend" else "leave"
        ceiling = form.number("emails_per_second") or 0
        await visit.core.installation.put(
            {**mail_forms.sender(form), "emails_per_second": max(0, ceiling), "unknown_policy": policy}
        )
    except Invalid as error:
        return await _overview(visit, form.refused(error), 422)
    await visit.note("settings_changed", names=["sender"])
    return visit.redirect("/settings/sending", _("Saved."))


@get("/settings/sending/accounts/new", permission=MAY)
async def new_account(visit: Visiting) -> Response[Any]:
    """An empty form."""
    return await visit.page("settings/account.html", form=Form(mail_forms.EMPTY_ACCOUNT), account=None)


@post("/settings/sending/accounts/new", permission=MAY)
async def create_account(visit: Visiting) -> Response[Any]:
    """Makes the account and shows it, so that it can be tested at once."""
    form = await visit.form()
    try:
        made = await accounts.create_account(visit.core, kind="smtp", **mail_forms.account(form, is_whole=True))
    except Invalid as error:
        return await visit.page("settings/account.html", form=form.refused(error), account=None, status=422)
    await visit.note("mail_account_created", f"account {made}")
    return visit.redirect(f"/settings/sending/accounts/{made}", _("The account is there. Send a test mail next."))


@get("/settings/sending/accounts/{account_id:int}", permission=MAY)
async def account_page(visit: Visiting, account_id: FromPath[int]) -> Response[Any]:
    """One account."""
    account = await accounts.account_by_id(visit.core, account_id)
    return await _account(visit, account, Form(mail_forms.shown(account)))


async def _account(
    visit: Visiting,
    account: Account,
    form: Form,
    status: int = 200,
    *,
    domain: str = "",
    findings: Sequence[DnsFinding] = (),
) -> Response[Any]:
    return await visit.page(
        "settings/account.html",
        form=form,
        account=account,
        record=await signing.record_of(visit.core, account),
        domain=domain,
        findings=findings,
        status=status,
    )


@post("/settings/sending/accounts/{account_id:int}", permission=MAY)
async def save_account(visit: Visiting, account_id: FromPath[int]) -> Response[Any]:
    """Changes it; an empty password field leaves the password."""
    form = await visit.form()
    account = await accounts.account_by_id(visit.core, account_id)
    try:
        await accounts.update_account(visit.core, account_id, **mail_forms.account(form, is_whole=True))
    except Invalid as error:
        return await _account(visit, account, form.refused(error), 422)
    await visit.note("mail_account_changed", f"account {account_id}")
    return visit.redirect(f"/settings/sending/accounts/{account_id}", _("Saved."))


@post("/settings/sending/accounts/{account_id:int}/test", permission=MAY)
async def test_account(visit: Visiting, account_id: FromPath[int]) -> Response[Any]:
    """Sends a short mail to the given address through it and says what the server said."""
    form = await visit.form()
    back = f"/settings/sending/accounts/{account_id}"
    recipient = form.text("recipient") or visit.user.email
    if "@" not in recipient or any(c.isspace() for c in recipient):
        return visit.redirect(back, _("Enter a mail address for the test."), kind="error")
    try:
        await accounts.test_account(visit.core, account_id, recipient)
    except (TidingsError, OSError) as error:
        text = error.message if isinstance(error, TidingsError) else str(error)
        return visit.redirect(back, _("The test failed: ") + text[:300], kind="error")
    return visit.redirect(back, _("The test mail was taken by the server."))


@post("/settings/sending/accounts/{account_id:int}/delete", permission=MAY)
async def delete_account(visit: Visiting, account_id: FromPath[int]) -> Response[Any]:
    """Removes it."""
    await accounts.delete_account(visit.core, account_id)
    await visit.note("mail_account_deleted", f"account {account_id}")
    return visit.redirect("/settings/sending", _("The account is gone."))


@post("/settings/sending/accounts/{account_id:int}/signing", permission=MAY)
async def change_signing(visit: Visiting, account_id: FromPath[int]) -> Response[Any]:
    """Makes a key, begins or ends signing, or destroys the key: what the pressed button says."""
    form = await visit.form()
    account = await accounts.account_by_id(visit.core, account_id)
    back, do = f"/settings/sending/accounts/{account_id}#signing", form.text("do")
    try:
        if do == "make":
            await signing.make_key(visit.core, account, form.text("domain"))
            said = _("The key is there. Publish the record next.")
        elif do == "forget":
            await signing.forget_key(visit.core, account_id)
            said = _("The key is destroyed.")
        else:
            await signing.switch_signing(visit.core, account_id, is_on=do == "begin")
            said = _("Mails of this account are signed.") if do == "begin" else _("Mails are signed no more.")
    except Invalid as error:
        shown = Form({**mail_forms.shown(account), "domain": form.text("domain")})
        return await _account(visit, account, shown.refused(error), 422)
    except Refused as error:
        return visit.redirect(back, error.message, kind="error")
    await visit.note("mail_account_signing", f"account {account_id}", do=do)
    return visit.redirect(back, said)


@post("/settings/sending/accounts/{account_id:int}/dns", permission=MAY)
async def look_at_dns(visit: Visiting, account_id: FromPath[int]) -> Response[Any]:
    """What receivers find about the domain of the sender."""
    account = await accounts.account_by_id(visit.core, account_id)
    sender = account.from_email or str(await visit.core.installation.get("from_email"))
    domain = account.dkim_domain or sender.rpartition("@")[2]
    if not domain:
        return visit.redirect(
            f"/settings/sending/accounts/{account_id}#signing", _("Enter a sender address first."), kind="error"
        )
    findings = await look_up(visit.core, account, domain)
    return await _account(visit, account, Form(mail_forms.shown(account)), findings=findings, domain=domain)


ROUTES = [
    sending_page,
    save_sender,
    new_account,
    create_account,
    account_page,
    save_account,
    test_account,
    change_signing,
    look_at_dns,
    delete_account,
]
