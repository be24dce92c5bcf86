"""The FluentCRM dialect: its most used resources, and `request` for each of its other addresses (FluentCRM manual)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import Unpack

from tidings_client._sync.pages import Page
from tidings_client._sync.resources import Dialect, Fields, Listed, Removable
from tidings_client._sync.transport import ClientOptions
from tidings_client.addresses import segment
from tidings_client.errors import NotFound
from tidings_client.models import fluentcrm as models
from tidings_client.models.records import Record, record, records


class Contacts(Removable[models.Contact]):
    """Contacts ("subscribers"). `list` takes search, tags, lists, statuses, sort_by, sort_type, custom_fields, …"""

    def get_by_email(self, email: str) -> models.Contact:
        """The contact with an address; raises ApiError (422) when there is none."""
        return self._one("GET", self._at(0), query={"get_by_email": email})

    def create(
        self, fields: Fields | None = None, /, *, force_update: bool = False, **more: Unpack[models.ContactFields]
    ) -> models.Contact:
        """A new contact: `email` and `status` are needed. `force_update` changes the one that has the address."""
        body = self._body(fields, more) | ({"__force_update": "yes"} if force_update else {})
        return record(models.Contact, (self._http.request("POST", self._path, body=body))["contact"])

    def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]) -> models.Contact:
        """Changes what is given, leaves the rest; lists and tags by `attach_…` and `detach_…`."""
        answer = self._http.request("PUT", self._at(id), body=self._body(fields, more))
        return record(models.Contact, answer["contact"])

    def create_many(self, contacts: Sequence[Fields], **options: Any) -> Record:
        """Creates or changes many with one request; `options` are those of /subscribers/bulk-add-update."""
        body = {"contacts": list(contacts), **options}
        return self._plain("POST", f"{self._path}/bulk-add-update", body)

    def list_notes(self, id: int, *, page: int = 1, per_page: int = 15) -> Page[models.Note]:
        """A page of what was written down."""
        return self._rows(self._at(id, "notes"), models.Note, page, per_page, {}, "notes")

    def create_note(self, id: int, **note: Unpack[models.NoteFields]) -> models.Note:
        """Writes something down."""
        answer = self._http.request("POST", self._at(id, "notes"), body={"note": dict(note)})
        return record(models.Note, answer["note"])

    def update_note(self, id: int, note_id: int, **note: Unpack[models.NoteFields]) -> models.Note:
        """Writes it anew."""
        answer = self._http.request("PUT", self._at(id, "notes", segment(note_id)), body={"note": dict(note)})
        return record(models.Note, answer["note"])

    def delete_note(self, id: int, note_id: int) -> Record:
        """Takes a note away."""
        return self._plain("DELETE", self._at(id, "notes", segment(note_id)))

    def list_emails(self, id: int, *, page: int = 1, per_page: int = 15) -> Page[Record]:
        """A page of the mails that the contact was sent."""
        return self._rows(self._at(id, "emails"), Record, page, per_page, {}, "emails")

    def track_event(self, **event: Any) -> Record:
        """Notes an event: `event_key`, `title`, and `email` or `subscriber_id`."""
        return self._plain("POST", f"{self._path}/track-event", event)


class Terms(Removable[models.Term]):
    """Tags, or lists."""

    def get(self, id: str | int) -> models.Term:
        """One of them; raises NotFound (the dialect itself answers 200 and nothing)."""
        found = self._value("GET", self._at(id))
        if not found:
            raise NotFound(404, "", f"There is no {self._name} {id}.", {}, found)
        return record(models.Term, found)

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.TermFields]) -> models.Term:
        """A new one; `title` is needed, and for lists a `slug`."""
        return record(models.Term, (self._http.request("POST", self._path, body=self._body(fields, more)))["lists"])

    def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.TermFields]) -> models.Term:
        """Replaces it: a `description` that is left out is emptied. Gives what it is then."""
        self._http.request("PUT", self._at(id), body=self._body(fields, more))
        return self.get(id)


class Companies(Removable[models.Company]):
    """Companies."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.CompanyFields]) -> models.Company:
        """A new company; `name` is needed."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.CompanyFields]) -> models.Company:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def attach_contacts(self, company_ids: Sequence[int], contact_ids: Sequence[int]) -> Record:
        """Puts contacts into companies."""
        return self._joining("attach", company_ids, contact_ids)

    def detach_contacts(self, company_ids: Sequence[int], contact_ids: Sequence[int]) -> Record:
        """Takes contacts out of companies."""
        return self._joining("detach", company_ids, contact_ids)

    def _joining(self, word: str, company_ids: Sequence[int], contact_ids: Sequence[int]) -> Record:
        body = {"company_ids": list(company_ids), "subscriber_ids": list(contact_ids)}
        return self._plain("POST", f"{self._path}/{word}-subscribers", body)


class Campaigns(Removable[models.Campaign]):
    """Mails to many."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]) -> models.Campaign:
        """A new draft; `title` is needed."""
        answer = self._http.request("POST", self._path, body=self._body(fields, more))
        return record(models.Campaign, self._http.unwrap(answer, self._name))

    def update(
        self, id: int, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]
    ) -> models.Campaign:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def set_recipients(self, id: int, **audience: Any) -> Record:
        """Who gets it: `subscribers` ([{list, tag}]), `excludedSubscribers`, `sending_filter`, …"""
        return self._plain("POST", self._at(id, "draft-recipients"), audience)

    def schedule(self, id: int, *, at: str | None = None) -> Record:
        """Sends it now, or `at` a time of the installation's zone (YYYY-MM-DD HH:MM:SS)."""
        return self._plain("POST", self._at(id, "schedule"), {"scheduled_at": at} if at else {})

    def unschedule(self, id: int) -> Record:
        """Makes a draft of it again."""
        return self._plain("POST", self._at(id, "un-schedule"))

    def pause(self, id: int) -> models.Campaign:
        """Stops sending for now."""
        return self._one("POST", self._at(id, "pause"))

    def resume(self, id: int) -> models.Campaign:
        """Goes on sending."""
        return self._one("POST", self._at(id, "resume"))

    def duplicate(self, id: int) -> models.Campaign:
        """A draft like it."""
        return self._one("POST", self._at(id, "duplicate"))

    def get_stats(self, id: int) -> Record:
        """Numbers of a campaign."""
        return record(Record, self._http.request("GET", self._at(id, "overview_stats")))


class CustomFields:
    """The contacts' fields of your own."""

    def __init__(self, http: Dialect) -> None:
        self._http = http

    def list(self) -> list[Record]:
        """All of them."""
        return records(Record, (self._http.request("GET", "/custom-fields/contacts"))["fields"])

    def replace(self, fields: Sequence[Fields]) -> Sequence[Record]:
        """Stores the whole set: a field that is left out goes."""
        body = {"fields": list(fields)}
        return records(Record, (self._http.request("PUT", "/custom-fields/contacts", body=body))["fields"])


class Webhooks(Listed[models.Webhook]):
    """Addresses at which other programs post contacts."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.WebhookFields]) -> models.Webhook:
        """A new address; `name` is needed."""
        answer = self._http.request("POST", self._path, body=self._body(fields, more))
        return record(models.Webhook, next(one for one in answer["webhooks"] if one["id"] == answer["id"]))

    def update(self, id: int, fields: Fields | None = None, /, **more: Unpack[models.WebhookFields]) -> Record:
        """Replaces it."""
        return record(Record, self._http.request("PUT", self._at(id), body=self._body(fields, more)))

    def delete(self, id: int) -> Record:
        """Takes it away."""
        return record(Record, self._http.request("DELETE", self._at(id)))


class Reports:
    """Numbers."""

    def __init__(self, http: Dialect) -> None:
        self._http = http

    def get_dashboard(self) -> Record:
        """What the dashboard shows."""
        return record(Record, self._http.request("GET", "/reports/dashboard-stats"))

    def get_growth(self, start: str, end: str) -> Record:
        """New contacts over time, between two dates (YYYY-MM-DD)."""
        return self._series("subscribers", start, end)

    def get_sent(self, start: str, end: str) -> Record:
        """Sent mails over time."""
        return self._series("email-sents", start, end)

    def get_opened(self, start: str, end: str) -> Record:
        """Opened mails over time."""
        return self._series("email-opens", start, end)

    def get_clicked(self, start: str, end: str) -> Record:
        """Clicked mails over time."""
        return self._series("email-clicks", start, end)

    def _series(self, name: str, start: str, end: str) -> Record:
        answer = self._http.request("GET", f"/reports/{name}", query={"date_range": [start, end]})
        return record(Record, answer)


class FluentCrmClient(Dialect):
    """The FluentCRM dialect of an installation.

    `user` is a login or an e-mail address, `application_password` one of its passwords (spaces do not count);
    the options are those of every client.
    """

    prefix = "/wp-json/fluent-crm/v2"

    def __init__(self, *, user: str, application_password: str, **options: Unpack[ClientOptions]) -> None:
        super().__init__(auth=(user, application_password), **options)
        self.contacts = Contacts(self, "/subscribers", models.Contact, "subscriber")
        self.tags = Terms(self, "/tags", models.Term, "tag")
        self.lists = Terms(self, "/lists", models.Term, "list")
        self.companies = Companies(self, "/companies", models.Company, "company", "companies")
        self.campaigns = Campaigns(self, "/campaigns", models.Campaign, "campaign")
        self.webhooks = Webhooks(self, "/webhooks", models.Webhook, "webhook")
        self.custom_fields = CustomFields(self)
        self.reports = Reports(self)

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
