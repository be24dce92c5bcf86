"""The FluentCRM dialect: its most used resources, and `request` for each of its other addresses (FluentCRM manual)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import Unpack

from tidings_client._async.pages import AsyncPage
from tidings_client._async.resources import AsyncDialect, AsyncListed, AsyncRemovable, Fields
from tidings_client._async.transport import AsyncClientOptions
from tidings_client.addresses import segment
from tidings_client.errors import NotFound
from tidings_client.models import fluentcrm as models
from tidings_client.models.records import Record, record, records


class AsyncContacts(AsyncRemovable[models.Contact]):
    """Contacts ("subscribers"). `list` takes search, tags, lists, statuses, sort_by, sort_type, custom_fields, …"""

    async def get_by_email(self, email: str) -> models.Contact:
        """The contact with an address; raises ApiError (422) when there is none."""
        return await self._one("GET", self._at(0), query={"get_by_email": email})

    async def create(
        self, fields: Fields | None = None, /, *, force_update: bool = False, **more: Unpack[models.ContactFields]
    ) -> models.Contact:
        """A new contact: `email` and `status` are needed. `force_update` changes the one that has the address."""
        body = self._body(fields, more) | ({"__force_update": "yes"} if force_update else {})
        return record(models.Contact, (await self._http.request("POST", self._path, body=body))["contact"])

    async def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]
    ) -> models.Contact:
        """Changes what is given, leaves the rest; lists and tags by `attach_…` and `detach_…`."""
        answer = await self._http.request("PUT", self._at(id), body=self._body(fields, more))
        return record(models.Contact, answer["contact"])

    async def create_many(self, contacts: Sequence[Fields], **options: Any) -> Record:
        """Creates or changes many with one request; `options` are those of /subscribers/bulk-add-update."""
        body = {"contacts": list(contacts), **options}
        return await self._plain("POST", f"{self._path}/bulk-add-update", body)

    async def list_notes(self, id: int, *, page: int = 1, per_page: int = 15) -> AsyncPage[models.Note]:
        """A page of what was written down."""
        return await self._rows(self._at(id, "notes"), models.Note, page, per_page, {}, "notes")

    async def create_note(self, id: int, **note: Unpack[models.NoteFields]) -> models.Note:
        """Writes something down."""
        answer = await self._http.request("POST", self._at(id, "notes"), body={"note": dict(note)})
        return record(models.Note, answer["note"])

    async def update_note(self, id: int, note_id: int, **note: Unpack[models.NoteFields]) -> models.Note:
        """Writes it anew."""
        answer = await self._http.request("PUT", self._at(id, "notes", segment(note_id)), body={"note": dict(note)})
        return record(models.Note, answer["note"])

    async def delete_note(self, id: int, note_id: int) -> Record:
        """Takes a note away."""
        return await self._plain("DELETE", self._at(id, "notes", segment(note_id)))

    async def list_emails(self, id: int, *, page: int = 1, per_page: int = 15) -> AsyncPage[Record]:
        """A page of the mails that the contact was sent."""
        return await self._rows(self._at(id, "emails"), Record, page, per_page, {}, "emails")

    async def track_event(self, **event: Any) -> Record:
        """Notes an event: `event_key`, `title`, and `email` or `subscriber_id`."""
        return await self._plain("POST", f"{self._path}/track-event", event)


class AsyncTerms(AsyncRemovable[models.Term]):
    """Tags, or lists."""

    async def get(self, id: str | int) -> models.Term:
        """One of them; raises NotFound (the dialect itself answers 200 and nothing)."""
        found = await self._value("GET", self._at(id))
        if not found:
            raise NotFound(404, "", f"There is no {self._name} {id}.", {}, found)
        return record(models.Term, found)

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.TermFields]) -> models.Term:
        """A new one; `title` is needed, and for lists a `slug`."""
        return record(
            models.Term, (await self._http.request("POST", self._path, body=self._body(fields, more)))["lists"]
        )

    async def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.TermFields]) -> models.Term:
        """Replaces it: a `description` that is left out is emptied. Gives what it is then."""
        await self._http.request("PUT", self._at(id), body=self._body(fields, more))
        return await self.get(id)


class AsyncCompanies(AsyncRemovable[models.Company]):
    """Companies."""

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.CompanyFields]) -> models.Company:
        """A new company; `name` is needed."""
        return await self._one("POST", self._path, self._body(fields, more))

    async def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.CompanyFields]
    ) -> models.Company:
        """Changes what is given, leaves the rest."""
        return await self._one("PUT", self._at(id), self._body(fields, more))

    async def attach_contacts(self, company_ids: Sequence[int], contact_ids: Sequence[int]) -> Record:
        """Puts contacts into companies."""
        return await self._joining("attach", company_ids, contact_ids)

    async def detach_contacts(self, company_ids: Sequence[int], contact_ids: Sequence[int]) -> Record:
        """Takes contacts out of companies."""
        return await self._joining("detach", company_ids, contact_ids)

    async def _joining(self, word: str, company_ids: Sequence[int], contact_ids: Sequence[int]) -> Record:
        body = {"company_ids": list(company_ids), "subscriber_ids": list(contact_ids)}
        return await self._plain("POST", f"{self._path}/{word}-subscribers", body)


class AsyncCampaigns(AsyncRemovable[models.Campaign]):
    """Mails to many."""

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]) -> models.Campaign:
        """A new draft; `title` is needed."""
        answer = await self._http.request("POST", self._path, body=self._body(fields, more))
        return record(models.Campaign, self._http.unwrap(answer, self._name))

    async def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]
    ) -> models.Campaign:
        """Changes what is given, leaves the rest."""
        return await self._one("PUT", self._at(id), self._body(fields, more))

    async def set_recipients(self, id: int, **audience: Any) -> Record:
        """Who gets it: `subscribers` ([{list, tag}]), `excludedSubscribers`, `sending_filter`, …"""
        return await self._plain("POST", self._at(id, "draft-recipients"), audience)

    async def schedule(self, id: int, *, at: str | None = None) -> Record:
        """Sends it now, or `at` a time of the installation's zone (YYYY-MM-DD HH:MM:SS)."""
        return await self._plain("POST", self._at(id, "schedule"), {"scheduled_at": at} if at else {})

    async def unschedule(self, id: int) -> Record:
        """Makes a draft of it again."""
        return await self._plain("POST", self._at(id, "un-schedule"))

    async def pause(self, id: int) -> models.Campaign:
        """Stops sending for now."""
        return await self._one("POST", self._at(id, "pause"))

    async def resume(self, id: int) -> models.Campaign:
        """Goes on sending."""
        return await self._one("POST", self._at(id, "resume"))

    async def duplicate(self, id: int) -> models.Campaign:
        """A draft like it."""
        return await self._one("POST", self._at(id, "duplicate"))

    async def get_stats(self, id: int) -> Record:
        """Numbers of a campaign."""
        return record(Record, await self._http.request("GET", self._at(id, "overview_stats")))


class AsyncCustomFields:
    """The contacts' fields of your own."""

    def __init__(self, http: AsyncDialect) -> None:
        self._http = http

    async def list(self) -> list[Record]:
        """All of them."""
        return records(Record, (await self._http.request("GET", "/custom-fields/contacts"))["fields"])

    async def replace(self, fields: Sequence[Fields]) -> Sequence[Record]:
        """Stores the whole set: a field that is left out goes."""
        body = {"fields": list(fields)}
        return records(Record, (await self._http.request("PUT", "/custom-fields/contacts", body=body))["fields"])


class AsyncWebhooks(AsyncListed[models.Webhook]):
    """Addresses at which other programs post contacts."""

    async def create(self, fields: Fields | None = None, /, **more: Unpack[models.WebhookFields]) -> models.Webhook:
        """A new address; `name` is needed."""
        answer = await self._http.request("POST", self._path, body=self._body(fields, more))
        return record(models.Webhook, next(one for one in answer["webhooks"] if one["id"] == answer["id"]))

    async def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.WebhookFields]) -> Record:
        """Replaces it."""
        return record(Record, await self._http.request("PUT", self._at(id), body=self._body(fields, more)))

    async def delete(self, id: int) -> Record:
        """Takes it away."""
        return record(Record, await self._http.request("DELETE", self._at(id)))


class AsyncReports:
    """Numbers."""

    def __init__(self, http: AsyncDialect) -> None:
        self._http = http

    async def get_dashboard(self) -> Record:
        """What the dashboard shows."""
        return record(Record, await self._http.request("GET", "/reports/dashboard-stats"))

    async def get_growth(self, start: str, end: str) -> Record:
        """New contacts over time, between two dates (YYYY-MM-DD)."""
        return await self._series("subscribers", start, end)

    async def get_sent(self, start: str, end: str) -> Record:
        """Sent mails over time."""
        return await self._series("email-sents", start, end)

    async def get_opened(self, start: str, end: str) -> Record:
        """Opened mails over time."""
        return await self._series("email-opens", start, end)

    async def get_clicked(self, start: str, end: str) -> Record:
        """Clicked mails over time."""
        return await self._series("email-clicks", start, end)

    async def _series(self, name: str, start: str, end: str) -> Record:
        answer = await self._http.request("GET", f"/reports/{name}", query={"date_range": [start, end]})
        return record(Record, answer)


class AsyncFluentCrmClient(AsyncDialect):
    """The FluentCRM dialect of an installation.

    `user` is a login or an e-mail address, `application_password` one of its passwords (spaces do not count);
    the options are those of every client.
    """

    prefix = "/wp-json/fluent-crm/v2"

    def __init__(self, *, user: str, application_password: str, **options: Unpack[AsyncClientOptions]) -> None:
        super().__init__(auth=(user, application_password), **options)
        self.contacts = AsyncContacts(self, "/subscribers", models.Contact, "subscriber")
        self.tags = AsyncTerms(self, "/tags", models.Term, "tag")
        self.lists = AsyncTerms(self, "/lists", models.Term, "list")
        self.companies = AsyncCompanies(self, "/companies", models.Company, "company", "companies")
        self.campaigns = AsyncCampaigns(self, "/campaigns", models.Campaign, "campaign")
        self.webhooks = AsyncWebhooks(self, "/webhooks", models.Webhook, "webhook")
        self.custom_fields = AsyncCustomFields(self)
        self.reports = AsyncReports(self)

    def unwrap(self, answer: Any, name: str) -> Any:
        """The value under its name, else the whole answer."""
        return answer[name] if isinstance(answer, dict) and name in answer else answer

    def read_page(self, answer: Any, name: str) -> tuple[list[Any], Mapping[str, Any]]:
        """The page object under the resource's name; a bare list is one page of everything."""
        found: Any = answer[name]
        if isinstance(found, list):
            rows: list[Any] = found
            return rows, {"page": 1, "per_page": max(1, len(rows)), "total": len(rows)}
        meta = {key: value for key, value in found.items() if key not in ("data", "links")}
        return found["data"], {**meta, "page": found["current_page"]}
