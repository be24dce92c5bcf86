"""The FluenzR dialect: contacts, groups, campaigns, webhooks, email accounts, pipeline (FluenzR guide)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import Unpack

from tidings_client._sync.pages import Page
from tidings_client._sync.resources import (
    Dialect,
    Fields,
    Readable,
    Removable,
    Resource,
)
from tidings_client._sync.transport import ClientOptions
from tidings_client.models import fluenzr as models
from tidings_client.models.records import Record, record, records


class Contacts(Removable[models.Contact]):
    """People."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]) -> models.Contact:
        """A new contact; `email` is needed. Raises ValidationFailed, Conflict when the address is known."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(self, id: str, fields: Fields | None = None, /, **more: Unpack[models.ContactFields]) -> models.Contact:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def create_many(
        self,
        contacts: Sequence[Fields],
        *,
        group_ids: Sequence[str] = (),
        on_duplicate: Literal["skip", "update"] = "skip",
    ) -> models.BulkResult:
        """Up to 1000 contacts (in wire names) with one request; bad rows are told and hinder no other."""
        body = {"contacts": list(contacts), "groupIds": list(group_ids), "onDuplicate": on_duplicate}
        return record(models.BulkResult, self._value("POST", f"{self._path}/bulk", body))

    def search(
        self,
        query: str = "",
        *,
        filters: Fields | None = None,
        sort: Fields | None = None,
        page: int = 1,
        per_page: int = 20,
    ) -> Page[models.Contact]:
        """By text, and by `filters` (status, groups, tags, customFields); `sort` is {field, order}."""
        body = {"query": query, "filters": dict(filters or {}), "page": page, "perPage": per_page}
        if sort:
            body["sort"] = dict(sort)
        answer = self._http.request("POST", f"{self._path}/search", body=body, only_reads=True)

        def turn(number: int) -> Page[models.Contact]:
            return self.search(query, filters=filters, sort=sort, page=number, per_page=per_page)

        return self._page(answer, models.Contact, turn, "")

    def add_groups(self, id: str, group_ids: Sequence[str]) -> models.Contact:
        """Puts a contact into groups."""
        return self._one("POST", self._at(id, "groups"), {"groupIds": list(group_ids)})

    def remove_groups(self, id: str, group_ids: Sequence[str]) -> models.Contact:
        """Takes a contact out of groups."""
        return self._one("DELETE", self._at(id, "groups"), {"groupIds": list(group_ids)})

    def add_tags(self, id: str, tags: Sequence[str]) -> models.Contact:
        """Gives a contact tags, which are made when they are new."""
        return self._one("POST", self._at(id, "tags"), {"tags": list(tags)})

    def remove_tags(self, id: str, tags: Sequence[str]) -> models.Contact:
        """Takes tags from a contact."""
        return self._one("DELETE", self._at(id, "tags"), {"tags": list(tags)})


class Groups(Removable[models.Group]):
    """Lists of contacts."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.GroupFields]) -> models.Group:
        """A new group; `name` is needed."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(self, id: str, fields: Fields | None = None, /, **more: Unpack[models.GroupFields]) -> models.Group:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def add_contacts(self, id: str, contact_ids: Sequence[str]) -> models.Added:
        """Puts contacts into the group."""
        body = {"contactIds": list(contact_ids)}
        return record(models.Added, self._value("POST", self._at(id, "contacts"), body))


class Campaigns(Readable[models.Campaign]):
    """Workflows of mails."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]) -> models.Campaign:
        """A new draft; `name` is needed."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(
        self, id: str, fields: Fields | None = None, /, **more: Unpack[models.CampaignFields]
    ) -> models.Campaign:
        """Changes a draft or a paused campaign; raises Conflict in other states."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def start(self, id: str) -> models.Campaign:
        """Starts a draft; raises Conflict in other states, ValidationFailed with a detail per fault of the workflow."""
        return self._one("POST", self._at(id, "start"))

    def pause(self, id: str) -> models.Campaign:
        """Pauses an active campaign; raises Conflict in other states."""
        return self._one("POST", self._at(id, "pause"))

    def resume(self, id: str) -> models.Campaign:
        """Lets a paused campaign go on; raises Conflict in other states."""
        return self._one("POST", self._at(id, "resume"))

    def archive(self, id: str) -> models.Campaign:
        """Puts a completed campaign away; raises Conflict in other states."""
        return self._one("POST", self._at(id, "archive"))

    def add_contacts(
        self,
        id: str,
        fields: Fields | None = None,
        /,
        *,
        contact_ids: Sequence[str] | None = None,
        group_ids: Sequence[str] | None = None,
        group_id: str | None = None,
        filters: Fields | None = None,
    ) -> models.Added:
        """Enrols contacts by ids, by groups or by filters."""
        groups = [group_id] if group_id is not None else group_ids
        given = {"contactIds": contact_ids, "groupIds": groups, "filters": filters}
        body = {**(fields or {}), **{name: value for name, value in given.items() if value is not None}}
        return record(models.Added, self._value("POST", self._at(id, "contacts"), body))

    def remove_contacts(self, id: str, contact_ids: Sequence[str]) -> Record:
        """Ends the run of contacts."""
        body = {"contactIds": list(contact_ids)}
        return self._plain("DELETE", self._at(id, "contacts"), body)

    def list_contacts(
        self, id: str, *, page: int = 1, per_page: int = 20, status: str | None = None
    ) -> Page[models.Enrolled]:
        """Those enrolled, by `status` when given (pending, in_progress, completed, replied, …)."""
        return self._rows(self._at(id, "contacts"), models.Enrolled, page, per_page, {"status": status})

    def get_stats(self, id: str) -> models.CampaignStats:
        """Totals and rates."""
        return record(models.CampaignStats, self._value("GET", self._at(id, "stats")))

    def get_email_stats(self, id: str) -> list[models.EmailStats]:
        """The numbers of each mail of the workflow, in order."""
        return records(models.EmailStats, self._value("GET", self._at(id, "stats", "emails")))

    def get_timeline(
        self,
        id: str,
        *,
        start: str | None = None,
        end: str | None = None,
        interval: Literal["hour", "day", "week"] | None = None,
    ) -> list[Record]:
        """What happened in each interval (`at`) from `start` to `end` (RFC 3339 or dates)."""
        query = {"from": start, "to": end, "interval": interval}
        return records(Record, self._value("GET", self._at(id, "stats", "timeline"), query=query))

    def get_activity(
        self,
        id: str,
        *,
        page: int = 1,
        per_page: int = 20,
        type: str | None = None,
        contact_id: str | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> Page[models.Happening]:
        """What happened, newest first."""
        query = {"type": type, "contactId": contact_id, "from": start, "to": end}
        return self._rows(self._at(id, "activity"), models.Happening, page, per_page, query)


class Webhooks(Removable[models.Webhook]):
    """Addresses that are told about events."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.WebhookFields]) -> models.Webhook:
        """A new webhook: `url` and `events` are needed."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(self, id: str, fields: Fields | None = None, /, **more: Unpack[models.WebhookFields]) -> models.Webhook:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def test(self, id: str) -> models.Delivery:
        """Sends a delivery to try the address, and tells how it went."""
        return record(models.Delivery, self._value("POST", self._at(id, "test")))

    def get_logs(
        self,
        id: str,
        *,
        page: int = 1,
        per_page: int = 20,
        status: Literal["pending", "success", "failed"] | None = None,
        event_type: str | None = None,
    ) -> Page[models.Delivery]:
        """Deliveries, newest first."""
        query = {"status": status, "eventType": event_type}
        return self._rows(self._at(id, "logs"), models.Delivery, page, per_page, query)


class EmailAccounts(Removable[models.EmailAccount]):
    """Accounts that campaigns send from."""

    def create(self, fields: Fields | None = None, /, **more: Unpack[models.EmailAccountFields]) -> models.EmailAccount:
        """A new account."""
        return self._one("POST", self._path, self._body(fields, more))

    def update(
        self, id: str, fields: Fields | None = None, /, **more: Unpack[models.EmailAccountFields]
    ) -> models.EmailAccount:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def test(self, id: str, *, to: str | None = None) -> Record:
        """Sends a short mail `to` an address, by default to the account's own; what the server said is `message`."""
        return self._plain("POST", self._at(id, "test"), {"to": to} if to is not None else None)


class Pipeline(Resource[models.Stage]):
    """The stages of a sale."""

    def list_stages(self) -> list[models.Stage]:
        """All of them, in order."""
        return records(models.Stage, self._value("GET", self._path))

    def create_stage(self, fields: Fields | None = None, /, **more: Unpack[models.StageFields]) -> models.Stage:
        """A new stage."""
        return self._one("POST", self._path, self._body(fields, more))

    def update_stage(
        self, id: str, fields: Fields | None = None, /, **more: Unpack[models.StageFields]
    ) -> models.Stage:
        """Changes what is given, leaves the rest."""
        return self._one("PUT", self._at(id), self._body(fields, more))

    def delete_stage(self, id: str, *, move_to: str | None = None) -> models.DeletedStage:
        """Takes a stage away; its contacts need another one to `move_to`."""
        body = {"moveTo": move_to} if move_to is not None else None
        return record(models.DeletedStage, self._value("DELETE", self._at(id), body))


class FluenzrClient(Dialect):
    """The FluenzR dialect of an installation.

    `api_key` is a `flz_sk_…` key; the options are those of every client.
    """

    prefix = "/v1"
    per_page_word = "perPage"
    is_camel = True

    def __init__(self, *, api_key: str, **options: Unpack[ClientOptions]) -> None:
        super().__init__(headers={"authorization": f"Bearer {api_key}"}, **options)
        self.contacts = Contacts(self, "/contacts", models.Contact)
        self.groups = Groups(self, "/groups", models.Group)
        self.campaigns = Campaigns(self, "/campaigns", models.Campaign)
        self.webhooks = Webhooks(self, "/webhooks", models.Webhook)
        self.email_accounts = EmailAccounts(self, "/email-accounts", models.EmailAccount)
        self.pipeline = Pipeline(self, "/pipeline/stages", models.Stage)

    def unwrap(self, answer: Any, name: str) -> Any:
        """What stands in the envelope."""
        return answer["data"]

    def read_page(self, answer: Any, name: str) -> tuple[list[Any], Mapping[str, Any]]:
        """Rows and meta of the envelope."""
        return answer["data"], answer["meta"]
