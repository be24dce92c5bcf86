"""The one table of the main navigation: title, address, icon, key after `g`, permission. Groups in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidings.access.types import Caller


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar. `permission` None means everybody who is logged in; `module` may be switched off."""

    title: str
    href: str
    icon: str
    key: str
    permission: str | None = None
    group: str = ""
    module: str = ""


NAVIGATION = (
    Entry("Dashboard", "/", icon="layout-dashboard", key="d", permission="fcrm_view_dashboard"),
    Entry("Contacts", "/contacts", icon="users", key="c", permission="fcrm_read_contacts", group="Audience"),
    Entry("Pipeline", "/pipeline", icon="layout-kanban", key="p", permission="fcrm_read_contacts", group="Audience"),
    Entry(
        "Companies",
        "/companies",
        icon="building",
        key="o",
        permission="fcrm_read_contacts",
        group="Audience",
        module="companies",
    ),
    Entry("Lists", "/lists", icon="list-details", key="l", permission="fcrm_read_contacts", group="Audience"),
    Entry("Tags", "/tags", icon="tags", key="t", permission="fcrm_read_contacts", group="Audience"),
    Entry("Custom fields", "/fields", icon="forms", key="f", permission="fcrm_read_contacts", group="Audience"),
    Entry("Segments", "/segments", icon="filter", key="s", permission="fcrm_read_contacts", group="Audience"),
    Entry("Import", "/import", icon="file-import", key="i", permission="fcrm_manage_contacts", group="Audience"),
    Entry("Forms", "/forms", icon="clipboard-text", key="o", permission="fcrm_manage_forms", group="Audience"),
    Entry(
        "Incoming webhooks", "/webhooks", icon="webhook", key="w", permission="fcrm_manage_settings", group="Audience"
    ),
    Entry("Pages", "/pages", icon="browser", key="p", permission="fcrm_manage_forms", group="Audience"),
    Entry("Campaigns", "/campaigns", icon="send", key="m", permission="fcrm_read_emails", group="Mail"),
    Entry("Templates", "/templates", icon="template", key="v", permission="fcrm_manage_email_templates", group="Mail"),
    Entry("Patterns", "/patterns", icon="puzzle", key="u", permission="fcrm_manage_email_templates", group="Mail"),
    Entry("Automations", "/automations", icon="bolt", key="a", permission="fcrm_read_funnels", group="Mail"),
    Entry("Smart links", "/smart-links", icon="link", key="k", permission="fcrm_manage_settings", group="Mail"),
    Entry("Reports", "/reports", icon="chart-bar", key="r", permission="fcrm_view_dashboard", group="Mail"),
    Entry("Capture mailbox", "/mailbox", icon="inbox", key="b", permission="fcrm_read_emails", group="Mail"),
    Entry("Settings", "/settings", icon="settings", key="e", group="Installation"),
)


Groups = tuple[tuple[str, tuple[Entry, ...]], ...]


def groups_for(caller: Caller, switches: Mapping[str, bool]) -> Groups:
    """What this caller may see, by group; `switches` says which modules are on."""
    found: dict[str, list[Entry]] = {}
    for entry in NAVIGATION:
        if switches.get(entry.module, True) and (entry.permission is None or caller.may(entry.permission)):
            found.setdefault(entry.group, []).append(entry)
    return tuple((group, tuple(entries)) for group, entries in found.items())


def current_of(path: str) -> str:
    """The address of the entry that the page at `path` belongs to, or nothing."""
    first = f"/{path.split('/', 2)[1]}" if path.startswith("/") else ""
    return next((one.href for one in NAVIGATION if one.href == first), "")
