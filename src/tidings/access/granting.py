"""Managers: accounts that are no administrators and hold permissions. Who grants must hold what is granted.

Roles, passwords and the accounts themselves are in `actions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidings.access import queries, rules
from tidings.access.actions import audit
from tidings.access.types import Caller, User
from tidings.platform.core import Core
from tidings.platform.errors import Forbidden, Refused


async def grant_permissions(core: Core, user: User, permissions: Sequence[str], *, by: Caller) -> User:
    """Replaces what a user may do and notes it in the audit book; sessions and keys live on, with the new rights.

    Raises Refused for an administrator, Forbidden when the granter lacks one of the old or new permissions, Invalid
    naming an unknown permission or one that is needed beside.
    """
    if user.is_administrator:
        raise Refused("An administrator has every permission and cannot be a manager.", code="is_administrator")
    wanted = rules.checked_permissions(permissions)
    lacking = next((key for key in {*wanted, *user.permissions} if not by.may(key)), None)
    if lacking is not None:
        raise Forbidden(lacking)
    async with core.db.transaction() as tx:
        await tx.execute(
            "UPDATE users SET permissions = $2, updated_at = $3 WHERE id = $1", user.id, wanted, core.clock.now()
        )
        data = {"was": sorted(user.permissions), "now": sorted(wanted)}
        await audit(core, tx, actor=by.user, action="permissions_granted", object=f"user {user.id}", data=data)
    return await queries.user_by_id(core, user.id)
