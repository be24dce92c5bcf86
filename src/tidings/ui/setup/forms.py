"""The forms of the first run, turned into arguments of the core."""

from __future__ import annotations

from typing import Any

from tidings.platform.errors import Invalid, Problem
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _


def administrator(form: Form) -> dict[str, Any]:
    """Arguments of `access.create_user`; raises Invalid when the two passwords differ."""
    if form.value("password") != form.value("password_again"):
        raise Invalid({"password_again": Problem("same", _("The two passwords are not the same."))})
    first, _space, last = form.text("name").partition(" ")
    return {
        "login": form.text("login"),
        "email": form.text("email"),
        "first_name": first,
        "last_name": last,
        "role": "administrator",
        "password": str(form.value("password")),
    }


def business(form: Form) -> dict[str, Any]:
    """Settings; raises Invalid for what the first run does not let pass empty."""
    problems = {
        name: Problem("required", _("This is printed in every mail, as the law asks."))
        for name in ("business_name", "business_address")
        if not form.text(name)
    }
    if problems:
        raise Invalid(problems)
    return {name: form.text(name) for name in ("business_name", "business_address", "time_zone")}
