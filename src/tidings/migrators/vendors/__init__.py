"""The systems one may come from, each a module that speaks its API. `VENDORS` are all of them by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tidings.migrators.client import Client
from tidings.migrators.types import Choice, Credential, Credentials, Overview, RemotePage
from tidings.migrators.vendors.activecampaign import ActiveCampaign
from tidings.migrators.vendors.drip import Drip
from tidings.migrators.vendors.fluentcrm import FluentCrm
from tidings.migrators.vendors.kit import Kit
from tidings.migrators.vendors.listmonk import Listmonk
from tidings.migrators.vendors.mailchimp import Mailchimp
from tidings.migrators.vendors.mailerlite import MailerLite
from tidings.platform.core import Core


class Vendor(Protocol):
    """What every module here can do."""

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def credentials(self) -> Sequence[Credential]:
        """What the operator types."""
        ...

    def client(self, core: Core, given: Credentials, base: str | None = None) -> Client:
        """The way in; `base` stands in for the system's own address. Raises Refused for what can be no credentials."""
        ...

    async def verify(self, client: Client) -> None:
        """Raises Refused when the credentials are not accepted."""
        ...

    async def overview(self, client: Client, choice: Choice) -> Overview:
        """Lists, tags and fields; of the chosen lists where the system has them per list."""
        ...

    async def page(self, client: Client, choice: Choice, cursor: str) -> RemotePage:
        """A page of people; the first at the cursor ""."""
        ...


VENDORS: dict[str, Vendor] = {
    "mailchimp": Mailchimp(),
    "ConvertKit": Kit(),
    "MailerLite": MailerLite(),
    "Drip": Drip(),
    "ActiveCampaign": ActiveCampaign(),
    "FluentCRM": FluentCrm(),
    "listmonk": Listmonk(),
}
