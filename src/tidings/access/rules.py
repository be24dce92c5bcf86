"""Pure decisions: what a role may, which permissions belong together, what a password and a login must be."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable

from tidings.access.types import FURIOSA_SCOPES, KEY_KINDS, PERMISSIONS, ROLES, KeyKind, User
from tidings.platform.errors import Invalid, Problem

MIN_PASSWORD = 8
_LOGIN = re.compile(r"[A-Za-z0-9._@\-]{1,60}")
_ALPHANUMERIC = string.ascii_letters + string.digits


def permissions_of(user: User) -> frozenset[str]:
    """Every permission for an administrator, the granted ones for everybody else."""
    return frozenset(PERMISSIONS) if user.is_administrator else frozenset(user.permissions)


def checked_permissions(keys: Iterable[str]) -> list[str]:
    """Known permissions with what they depend on; raises Invalid naming the unknown or the missing one."""
    wanted = list(dict.fromkeys(keys))
    for key in wanted:
        if key not in PERMISSIONS:
            raise Invalid({"permissions": Problem("unknown", f"There is no permission “{key}”.")})
    for key in wanted:
        missing = [needed for needed in PERMISSIONS[key].depends if needed not in wanted]
        if missing:
            raise Invalid({"permissions": Problem("depends", f"“{key}” needs “{missing[0]}” too.")})
    return wanted


def checked_login(login: str) -> str:
    """A login of letters, digits and . _ - @; raises Invalid."""
    login = login.strip()
    if not _LOGIN.fullmatch(login):
        raise Invalid({"login": Problem("login", "A login has letters, digits and . _ - @, at most 60.")})
    return login


def checked_role(role: str) -> str:
    """A known role; raises Invalid."""
    if role not in ROLES:
        raise Invalid({"role": Problem("in", f"“{role}” is not a role. Roles are {', '.join(ROLES)}.")})
    return role


def checked_password(password: str) -> str:
    """Long enough; raises Invalid."""
    if len(password) < MIN_PASSWORD:
        raise Invalid({"password": Problem("min", f"A password has at least {MIN_PASSWORD} characters.")})
    if len(password) > 1024:
        raise Invalid({"password": Problem("max", "A password has at most 1024 characters.")})
    return password


def checked_scopes(kind: KeyKind, scopes: Iterable[str]) -> list[str]:
    """Scopes of that kind of key; only Furiosa keys have any. Raises Invalid naming the unknown one."""
    if kind not in KEY_KINDS:
        raise Invalid({"kind": Problem("in", f"“{kind}” is not a kind of key. Kinds are {', '.join(KEY_KINDS)}.")})
    wanted = list(dict.fromkeys(scopes))
    known = FURIOSA_SCOPES if kind == "furiosa" else ()
    for scope in wanted:
        if scope not in known:
            raise Invalid({"scopes": Problem("in", f"“{scope}” is not a scope of {kind} keys.")})
    return wanted


def new_secret(kind: KeyKind) -> str:
    """A fresh secret in the form of its dialect."""
    if kind == "furiosa":
        return "fcrm_pk_" + "".join(secrets.choice(_ALPHANUMERIC + "-_") for _ in range(40))
    if kind == "fluenzr":
        return "flz_sk_" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(32))
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(24))


def shown_secret(kind: KeyKind, secret: str) -> str:
    """As people see it: application passwords in groups of four."""
    if kind != "application-password":
        return secret
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def hint_of(kind: KeyKind, secret: str) -> str:
    """What may be shown later."""
    prefix = secret.rsplit("_", 1)[0] + "_" if kind == "fluenzr" else secret[:8] if kind == "furiosa" else ""
    return f"{prefix}…{secret[-4:]}"
