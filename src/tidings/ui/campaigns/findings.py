"""What stands in the way of a campaign and what a careful sender would look at first, for the second and the last step."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tidings.campaigns.types import Campaign
from tidings.content import Finding, compliance_problems, lint
from tidings.messages import mailing
from tidings.platform.core import Core
from tidings.templates.patterns.queries import with_patterns
from tidings.ui.shell.texts import _


@dataclass(frozen=True, slots=True)
class Checks:
    """Findings, the grave ones first. `blocks`: at least one of them forbids sending."""

    findings: list[Finding]

    @property
    def blocks(self) -> bool:
        """Whether it may not go out like this."""
        return any(one.level == "error" for one in self.findings)


def written(campaign: Campaign) -> mailing.Written:
    """The campaign as its content."""
    return mailing.source_from(msgspec.structs.asdict(campaign))


async def check_content(core: Core, mail: mailing.Written) -> Checks:
    """What can be said of subject and body, with the patterns that the body refers to."""
    site = await mailing.site(core)
    source = msgspec.structs.replace(mail.source, body=await with_patterns(core, mail.source.body))
    found = lint(source, language=mail.language, site=site)
    if not source.body.strip():
        found.append(Finding("no_body", "error", _("The mail is empty.")))
    elif mail.kind == "marketing":
        found += compliance_problems(source, site, language=mail.language)
    return Checks(sorted(found, key=_gravity))


async def check_all(core: Core, campaign: Campaign, recipients: int) -> Checks:
    """The same with recipients, sender and address: what the last step asks for."""
    found = list((await check_content(core, written(campaign))).findings)
    values = await core.installation.values()
    if not campaign.audience:
        found.append(Finding("no_recipients", "error", _("Nobody is chosen to get this campaign.")))
    elif not recipients:
        found.append(
            Finding("nobody_matches", "warning", _("Nobody who may be mailed matches the chosen recipients now."))
        )
    if not values["business_address"] and not campaign.is_transactional:
        found.append(
            Finding("no_address", "warning", _("There is no postal address in the settings, but the law wants it."))
        )
    sender = await mailing.sender_of(core, campaign.sender)
    if sender.from_email.endswith(".localdomain"):
        found.append(Finding("no_sender", "warning", _("No sender address is set; answers would reach nobody.")))
    return Checks(sorted(found, key=_gravity))


def _gravity(finding: Finding) -> int:
    return ("error", "warning", "hint").index(finding.level)
