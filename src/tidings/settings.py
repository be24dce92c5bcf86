"""The one typed table of settings: name, type, default, whether it is secret, one sentence each.

Values live in the database (see `platform.installation`); what a process needs before it has a database comes from the
environment (`ProcessSettings`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the installation. `kind` is the JSON type its value must have.

    is_age: how many days something is kept; 0 for ever, else `LEAST_DAYS` to `MOST_DAYS`.
    """

    name: str
    kind: type
    default: Any
    says: str
    is_secret: bool = False
    is_age: bool = False


# Younger lines are needed by whoever looks into what went wrong, and by retries.
LEAST_DAYS, MOST_DAYS = 7, 36_500
_TABLE = (
    Setting("business_name", str, "", "The sender's name in footers and on public pages."),
    Setting("business_address", str, "", "Postal address; every marketing mail must carry it."),
    Setting("business_logo", str, "", "Address of the logo on public pages."),
    Setting("site_name", str, "Tidings", "Name of the installation."),
    Setting("site_description", str, "", "One line about the installation."),
    Setting("admin_email", str, "", "Where the installation writes to its owner."),
    Setting("time_zone", str, "UTC", "IANA zone in which days begin and dialect times are shown."),
    Setting("date_format", str, "F j, Y", "Date format of merge tags, in PHP letters."),
    Setting("public_url", str, "http://127.0.0.1:8000", "Address under which recipients reach this installation."),
    Setting("from_name", str, "", "Default sender name."),
    Setting("from_email", str, "", "Default sender address."),
    Setting("reply_to_name", str, "", "Default reply name."),
    Setting("reply_to_email", str, "", "Default reply address."),
    Setting("email_footer", str, "", "Footer of marketing mails; empty means the built-in one."),
    Setting(
        "mail_look",
        dict,
        {},
        "Colours, width and fonts of mails whose own look says nothing of them; see content.skeleton.",
    ),
    Setting("emails_per_second", int, 0, "Ceiling of the whole installation; 0 means none."),
    Setting("open_tracking", str, "yes", "Opens: yes, no or anonymous."),
    Setting("click_tracking", str, "yes", "Clicks: yes, no or anonymous."),
    Setting("anonymize_ip", bool, False, "Zero the last part of stored IP addresses."),
    Setting("one_click_unsubscribe", bool, False, "Unsubscribe from the mail's link without asking for a reason."),
    Setting(
        "personal_data_on_request", bool, True, "People may ask for their data, and for its erasure, on their own page."
    ),
    Setting(
        "gravatars",
        str,
        "",
        "Pictures of people from gravatar.com: yes or no; empty: none on the screens, but in answers of the FluentCRM API.",
    ),
    Setting("deletes_contact_with_user", bool, False, "Deleting an account deletes the contact of the same person."),
    Setting("unknown_policy", str, "leave", "Messages with an unknown outcome: leave or resend."),
    Setting(
        "keeps_reported_addresses", bool, True, "Bounces and complaints about unknown addresses make a contact of them."
    ),
    Setting(
        "allow_private_targets", bool, False, "Let webhooks and feeds be private addresses; mail hosts always may."
    ),
    Setting(
        "dns_servers",
        str,
        "",
        "Name servers to ask, as host, host:port or [IPv6 address]:port with commas; empty: the machine's.",
    ),
    Setting(
        "keep_mails_days", int, 0, "Days that sent mails of finished campaigns are kept; 0: for ever.", is_age=True
    ),
    Setting("keep_hits_days", int, 0, "Days that single opens and clicks are kept; 0: for ever.", is_age=True),
    Setting("keep_system_log_days", int, 0, "Days that lines of the system log are kept; 0: for ever.", is_age=True),
    Setting("keep_audit_days", int, 0, "Days that lines of the audit log are kept; 0: for ever.", is_age=True),
    Setting("keep_deliveries_days", int, 30, "Days that webhook deliveries are kept; 0: for ever.", is_age=True),
    Setting("keep_jobs_days", int, 30, "Days that finished jobs are kept; 0: for ever.", is_age=True),
    Setting("is_set_up", bool, False, "The first-run steps are done."),
    Setting("modules", dict, {}, "Which parts are switched on, by name; see platform.modules."),
    Setting("double_opt_in", dict, {}, "The confirmation mail and what follows it; see messages.optin_settings."),
    Setting("preference_page", dict, {}, "What people may change by themselves; see consent.preference_page."),
    Setting(
        "portal_address", str, "portal", "Where the portal of contacts is found beside /portal: one part of a path."
    ),
    Setting("preference_place", dict, {}, "The landing page with the preference form; see pages.placing."),
    Setting("unsubscribe_redirect", str, "", "Where the page to leave sends people afterwards; empty: nowhere."),
    Setting("text_messages", dict, {}, "Which provider sends text messages, and its open settings."),
    Setting("text_messages_secrets", str, "", "Credentials of the providers, as JSON.", is_secret=True),
    Setting("assistant", dict, {}, "Which language model writes drafts: provider, model, base address, instructions."),
    Setting("assistant_key", str, "", "The key of that provider.", is_secret=True),
    Setting(
        "account_contacts", dict, {}, "What becomes of contacts when accounts come and change; see accounts.types."
    ),
    Setting("dialects", dict, {}, "What a dialect keeps for itself, by dialect and name."),
)

SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _TABLE}
AGES = tuple(setting.name for setting in _TABLE if setting.is_age)


def is_development() -> bool:
    """Whether this process may do what would ruin a real installation; TIDINGS_DEVELOPMENT=1 says so."""
    return os.environ.get("TIDINGS_DEVELOPMENT", "") == "1"


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What one process reads from its environment and command line."""

    database_url: str | None
    data_dir: Path
    host: str
    port: int
    secret_key: str | None
    web_processes: int
    log_format: str
    trusted_proxies: tuple[str, ...]

    @classmethod
    def from_environment(cls, **overrides: Any) -> ProcessSettings:
        """Reads DATABASE_URL and TIDINGS_*; a keyword that is not None wins."""
        values: dict[str, Any] = {
            "database_url": os.environ.get("DATABASE_URL") or None,
            "data_dir": Path(os.environ.get("TIDINGS_DATA") or "data"),
            "host": os.environ.get("TIDINGS_HOST") or "127.0.0.1",
            "port": int(os.environ.get("TIDINGS_PORT") or "8000"),
            "secret_key": os.environ.get("TIDINGS_SECRET_KEY") or None,
            "web_processes": int(os.environ.get("TIDINGS_WEB_PROCESSES") or "1"),
            "log_format": os.environ.get("TIDINGS_LOG_FORMAT") or "console",
            "trusted_proxies": tuple(
                os.environ.get("TIDINGS_TRUSTED_PROXIES", "127.0.0.1 ::1").replace(",", " ").split()
            ),
        }
        values.update({key: value for key, value in overrides.items() if value is not None})
        values["data_dir"] = Path(values["data_dir"]).absolute()
        return cls(**values)
