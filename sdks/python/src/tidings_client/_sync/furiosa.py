"""The Furiosa dialect: contacts, audiences with groups, campaigns, pages, analytics, the key (Furiosa guide)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import Unpack

from tidings_client._sync.pages import Page
from tidings_client._sync.resources import Dialect, Fields, Readable, Removable
from tidings_client._sync.transport import ClientOptions
from tidings_client.addresses import segment
from tidings_client.models import furiosa as models
from tidings_client.models.records import record

Interval = Literal["day", "week", "month"]


class Contacts(Removable[models.Contact]):
    """People in audiences. `list` takes audience_id, group_id, email, phone, name."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]) -> models.Contact:
        """Puts a person into an audience. Raises ValidationFailed, Conflict when the address is in it already."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]) -> models.Contact:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def create_many(self, contacts: Sequence[Fields], *, audience_id: int | None = None) -> models.BatchResult:
        """Up to 100 contacts, counted as one request; bad rows are told and hinder no other."""
        body: dict[str, Any] = {"contacts": list(contacts)}
        if audience_id is not None:
            body["audience_id"] = audience_id
        return record(models.BatchResult, self._value("POST", f"{self._path}/batch", body))


class Audiences(Removable[models.Audience]):
    """Lists of contacts, each with its groups."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.AudienceFields]) -> models.Audience:
        """A new audience; `name` is needed."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.AudienceFields]
    ) -> models.Audience:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def get_stats(self, id: int) -> models.AudienceStats:
        """Counts, by status too."""
        return record(models.AudienceStats, self._value("GET", self._at(id, "stats")))

    def list_groups(self, id: int, *, page: int = 1, per_page: int = 25) -> Page[models.Group]:
        """A page of the groups."""
        return self._rows(self._at(id, "groups"), models.Group, page, per_page, {})

    def create_group(self, id: int, name: str) -> models.Group:
        """A new group."""
        return record(models.Group, self._value("POST", self._at(id, "groups"), {"name": name}))

    def update_group(self, id: int, group_id: int, name: str) -> models.Group:
        """Another name."""
        return record(models.Group, self._value("PUT", self._group(id, group_id), {"name": name}))

    def delete_group(self, id: int, group_id: int) -> None:
        """Takes the group away; its people stay in the audience."""
        self._value("DELETE", self._group(id, group_id))

    def _group(self, id: int, group_id: int) -> str:
        return self._at(id, "groups", segment(group_id))


class Campaigns(Readable[models.Campaign]):
    """Mails to audiences."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]) -> models.Campaign:
        """A new draft; `name` is needed."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]
    ) -> models.Campaign:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def send(self, id: int) -> models.Campaign:
        """Sends it. Raises Conflict when it is on its way, ValidationFailed without content or recipients."""
        return self._one("POST", self._at(id, "send"))

    def get_metrics(self, id: int) -> models.Metrics:
        """What became of it."""
        return record(models.Metrics, self._value("GET", self._at(id, "metrics")))


class Pages(Readable[models.LandingPage]):
    """Pages with forms."""


class Analytics:
    """Series over time; `start` and `end` are dates (2027-01-31), both counted."""

    def __init__(self, http: Dialect) -> None:
        self._http = http

    def get_pages(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Interval | None = None,
        page_id: int | None = None,
    ) -> models.Series:
        """Views and submissions."""
        return self._series("pages", start, end, interval, {"page_id": page_id})

    def get_campaigns(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Interval | None = None,
        campaign_id: int | None = None,
    ) -> models.Series:
        """How campaigns did."""
        return self._series("campaigns", start, end, interval, {"campaign_id": campaign_id})

    def get_audiences(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Interval | None = None,
        audience_id: int | None = None,
    ) -> models.Series:
        """How audiences grew."""
        return self._series("audiences", start, end, interval, {"audience_id": audience_id})

    def _series(
        self, name: str, start: str | None, end: str | None, interval: Interval | None, more: dict[str, Any]
    ) -> models.Series:
        query = {"from": start, "to": end, "interval": interval, **more}
        return record(models.Series, self._http.request("GET", f"/analytics/{name}", query=query))


class FuriosaClient(Dialect):
    """The Furiosa dialect of an installation.

    `api_key` is a `fcrm_pk_…` key; the options are those of every client.
    """

    prefix = "/api/v1"

    def __init__(self, *, api_key: str, **options: Unpack[ClientOptions]) -> None:
        super().__init__(headers={"authorization": f"Bearer {api_key}"}, **options)
        self.contacts = Contacts(self, "/contacts", models.Contact)
        self.audiences = Audiences(self, "/audiences", models.Audience)
        self.campaigns = Campaigns(self, "/campaigns", models.Campaign)
        self.pages = Pages(self, "/pages", models.LandingPage)
        self.analytics = Analytics(self)

    def me(self) -> models.Me:
        """The key in use: its name, scopes and rate limit."""
        return record(models.Me, self.request("GET", "/me"))

    def read_page(self, answer: Any, name: str) -> tuple[list[Any], Mapping[str, Any]]:
        """Rows and meta stand beside each other."""
        return answer["data"], {key: value for key, value in answer.items() if key != "data"}
