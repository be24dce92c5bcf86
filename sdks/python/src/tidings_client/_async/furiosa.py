"""The Furiosa dialect: contacts, audiences with groups, campaigns, pages, analytics, the key (Furiosa guide)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import Unpack

from tidings_client._async.pages import AsyncPage
from tidings_client._async.resources import AsyncDialect, AsyncReadable, AsyncRemovable, Fields
from tidings_client._async.transport import AsyncClientOptions
from tidings_client.addresses import segment
from tidings_client.models import furiosa as models
from tidings_client.models.records import record

Interval = Literal["day", "week", "month"]


class AsyncContacts(AsyncRemovable[models.Contact]):
    """People in audiences. `list` takes audience_id, group_id, email, phone, name."""

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]) -> models.Contact:
        """Puts a person into an audience. Raises ValidationFailed, Conflict when the address is in it already."""
        return await self._one("POST", self._path, self._body(fields, more))

    async def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]
    ) -> models.Contact:
        """Changes what is given, leaves the rest."""
        return await self._one("PUT", self._at(id), self._body(fields, more))

    async def create_many(self, contacts: Sequence[Fields], *, audience_id: int | None = None) -> models.BatchResult:
        """Up to 100 contacts, counted as one request; bad rows are told and hinder no other."""
        body: dict[str, Any] = {"contacts": list(contacts)}
        if audience_id is not None:
            body["audience_id"] = audience_id
        return record(models.BatchResult, await self._value("POST", f"{self._path}/batch", body))


class AsyncAudiences(AsyncRemovable[models.Audience]):
    """Lists of contacts, each with its groups."""

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.AudienceFields]) -> models.Audience:
        """A new audience; `name` is needed."""
        return await self._one("POST", self._path, self._body(fields, more))

    async def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.AudienceFields]
    ) -> models.Audience:
        """Changes what is given, leaves the rest."""
        return await self._one("PUT", self._at(id), self._body(fields, more))

    async def get_stats(self, id: int) -> models.AudienceStats:
        """Counts, by status too."""
        return record(models.AudienceStats, await self._value("GET", self._at(id, "stats")))

    async def list_groups(self, id: int, *, page: int = 1, per_page: int = 25) -> AsyncPage[models.Group]:
        """A page of the groups."""
        return await self._rows(self._at(id, "groups"), models.Group, page, per_page, {})

    async def create_group(self, id: int, name: str) -> models.Group:
        """A new group."""
        return record(models.Group, await self._value("POST", self._at(id, "groups"), {"name": name}))

    async def update_group(self, id: int, group_id: int, name: str) -> models.Group:
        """Another name."""
        return record(models.Group, await self._value("PUT", self._group(id, group_id), {"name": name}))

    async def delete_group(self, id: int, group_id: int) -> None:
        """Takes the group away; its people stay in the audience."""
        await self._value("DELETE", self._group(id, group_id))

    def _group(self, id: int, group_id: int) -> str:
        return self._at(id, "groups", segment(group_id))


class AsyncCampaigns(AsyncReadable[models.Campaign]):
    """Mails to audiences."""

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]) -> models.Campaign:
        """A new draft; `name` is needed."""
        return await self._one("POST", self._path, self._body(fields, more))

    async def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]
    ) -> models.Campaign:
        """Changes what is given, leaves the rest."""
        return await self._one("PUT", self._at(id), self._body(fields, more))

    async def send(self, id: int) -> models.Campaign:
        """Sends it. Raises Conflict when it is on its way, ValidationFailed without content or recipients."""
        return await self._one("POST", self._at(id, "send"))

    async def get_metrics(self, id: int) -> models.Metrics:
        """What became of it."""
        return record(models.Metrics, await self._value("GET", self._at(id, "metrics")))


class AsyncPages(AsyncReadable[models.LandingPage]):
    """Pages with forms."""


class AsyncAnalytics:
    """Series over time; `start` and `end` are dates (2027-01-31), both counted."""

    def __init__(self, http: AsyncDialect) -> None:
        self._http = http

    async def get_pages(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Interval | None = None,
        page_id: int | None = None,
    ) -> models.Series:
        """Views and submissions."""
        return await self._series("pages", start, end, interval, {"page_id": page_id})

    async def get_campaigns(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Interval | None = None,
        campaign_id: int | None = None,
    ) -> models.Series:
        """How campaigns did."""
        return await self._series("campaigns", start, end, interval, {"campaign_id": campaign_id})

    async def get_audiences(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Interval | None = None,
        audience_id: int | None = None,
    ) -> models.Series:
        """How audiences grew."""
        return await self._series("audiences", start, end, interval, {"audience_id": audience_id})

    async def _series(
        self, name: str, start: str | None, end: str | None, interval: Interval | None, more: dict[str, Any]
    ) -> models.Series:
        query = {"from": start, "to": end, "interval": interval, **more}
        return record(models.Series, await self._http.request("GET", f"/analytics/{name}", query=query))


class AsyncFuriosaClient(AsyncDialect):
    """The Furiosa dialect of an installation.

    `api_key` is a `fcrm_pk_…` key; the options are those of every client.
    """

    prefix = "/api/v1"

    def __init__(self, *, api_key: str, **options: Unpack[AsyncClientOptions]) -> None:
        super().__init__(headers={"authorization": f"Bearer {api_key}"}, **options)
        self.contacts = AsyncContacts(self, "/contacts", models.Contact)
        self.audiences = AsyncAudiences(self, "/audiences", models.Audience)
        self.campaigns = AsyncCampaigns(self, "/campaigns", models.Campaign)
        self.pages = AsyncPages(self, "/pages", models.LandingPage)
        self.analytics = AsyncAnalytics(self)

    async def me(self) -> models.Me:
        """The key in use: its name, scopes and rate limit."""
        return record(models.Me, await self.request("GET", "/me"))

    def read_page(self, answer: Any, name: str) -> tuple[list[Any], Mapping[str, Any]]:
        """Rows and meta stand beside each other."""
        return answer["data"], {key: value for key, value in answer.items() if key != "data"}
