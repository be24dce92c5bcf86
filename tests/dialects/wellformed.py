"""A body that each writing route accepts, by dialect and operation: what the fuzz bends, one or two fields at a time.

Ids are those of `test_fuzz`'s furniture: contacts 1 and 2, list 1 with its group 2, tag 1, label 1, campaign 1, note 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SUBSCRIBER: dict[str, Any] = {
    "email": "new@example.com",
    "status": "subscribed",
    "first_name": "New",
    "last_name": "Comer",
    "phone": "+4930123456",
    "date_of_birth": "1990-01-31",
    "latitude": "52.5",
    "life_time_value": "10",
    "last_activity": "2026-11-20 10:00:00",
    "custom_values": {"plan": "gold", "n": "5"},
    "tags": [1, "fresh"],
    "lists": [1],
}
_NOTE = {"note": {"title": "Call", "description": "<b>Talked</b>", "type": "call", "created_at": "2026-11-20 09:00:00"}}
_CAMPAIGN: dict[str, Any] = {
    "title": "Spring",
    "email_subject": "Hello",
    "email_pre_header": "Read on",
    "email_body": "<p>Hi {{contact.first_name}} ##crm.unsubscribe_url##</p>",
    "design_template": "simple",
    "utm_status": 1,
    "utm_source": "mail",
    "settings": {"mailer_settings": {"from_name": "A"}, "footer_settings": {"disable_footer": "no"}},
    "next_step": 1,
    "update_subjects": True,
    "subjects": [{"key": 50, "value": "A"}, {"key": 50, "value": "B"}],
}
_TERM = {"title": "Fresh", "slug": "fresh", "description": "New ones"}
_TEMPLATE = {
    "post_title": "Letter",
    "post_content": "<p>x</p>",
    "email_subject": "S",
    "edit_type": "html",
    "design_template": "simple",
    "settings": {
        "template_config": {"body_bg_color": "#fff"},
        "footer_settings": {"custom_footer": "yes", "footer_content": "##crm.unsubscribe_url##"},
    },
}
_PATTERN = {"title": "End", "content": "<p>x</p>", "category": "Ends", "description": "", "sync_status": "synced"}
_BLOCK = {
    "title": {"raw": "End"},
    "content": {"raw": "<p>x</p>"},
    "meta": {"wp_pattern_sync_status": "unsynced"},
    "wp_pattern_category": [1],
}
FLUENTCRM: dict[str, dict[str, Any]] = {
    "create-tag": _TERM,
    "create-list": _TERM,
    "update-tag": _TERM,
    "update-list": _TERM,
    "bulk-create-tags": {"tags": [{"title": "A"}, {"title": "B", "slug": "b"}]},
    "bulk-create-lists": {"lists": [{"title": "A"}, {"title": "B", "slug": "b"}]},
    "bulk-delete-tags": {"tagIds": [7]},
    "bulk-delete-lists": {"listIds": [7]},
    "create-label": {"label": {"title": "Blue", "slug": "blue", "color": "#0000ff"}},
    "update-label": {"label": {"title": "Blue", "slug": "blue", "color": "#0000ff"}},
    "save-custom-fields": {"fields": [{"label": "Plan", "slug": "plan", "field_key": "text", "options": ["a"]}]},
    "rename-custom-field-group": {"old_name": "default", "new_name": "Basics"},
    "create-subscriber": _SUBSCRIBER,
    "update-subscriber": {**_SUBSCRIBER, "email": "eve@example.com", "attach_tags": ["x"], "detach_lists": [1]},
    "update-property": {"property": "status", "value": "unsubscribed", "subscribers": [1]},
    "bulk-add-update": {"contacts": [_SUBSCRIBER, {"email": "eve@example.com"}], "force_update": "yes"},
    "sync-segments": {"type": "tags", "attach": [1], "detach": [], "subscribers": [1, 2], "find_by": "id"},
    "do-bulk-action": {"action_name": "add_to_tags", "subscriber_ids": [1], "action_options": [1]},
    "create-note": _NOTE,
    "update-note": _NOTE,
    "bulk-delete-notes": {"note_ids": [9]},
    "delete-contact-emails": {"email_ids": [9]},
    "send-custom-email": {"campaign": {**_CAMPAIGN, "title": "Just you"}},
    "track-event": {"email": "eve@example.com", "event_key": "bought", "title": "Bought", "value": "5"},
    "createTemplate": {"template": _TEMPLATE},
    "updateTemplate": {"template": _TEMPLATE},
    "bulkActionTemplates": {"action_name": "change_template_status", "template_ids": [1], "status": "publish"},
    "setGlobalStyle": {"config": {"body_bg_color": "#fff", "content_width": "600"}},
    "getBuiltInTemplate": {"file": "https://example.com/x.json"},
    "create-pattern": _PATTERN,
    "update-pattern": _PATTERN,
    "patterns-bulk-action": {"action_name": "delete_patterns", "pattern_ids": [9]},
    "create-pattern-block": _BLOCK,
    "create-editor-pattern": _BLOCK,
    "create-pattern-category": {"name": "Ends"},
    "create-editor-pattern-category": {"name": "Ends"},
    "create-campaign": {"title": "Spring", "design_template": "simple"},
    "update-campaign": _CAMPAIGN,
    "update-single-campaign": {**_CAMPAIGN, "campaign_id": 1},
    "update-campaign-title": {"title": "Autumn", "scheduled_at": "2027-01-01 10:00:00"},
    "save-campaign-step": {"next_step": 2},
    "draft-recipients": {
        "subscribers": [{"list": 1, "tag": "all"}],
        "excludedSubscribers": [],
        "sending_filter": "list_tag",
    },
    "estimated-contacts": {"subscribers": [{"list": 1, "tag": "all"}], "sending_filter": "list_tag"},
    "schedule-campaign": {"scheduled_at": "2027-01-01 10:00:00"},
    "send-test-email": {"campaign": _CAMPAIGN, "email": "ada@example.com", "test_campaign": "yes"},
    "email-preview-html": {"campaign": _CAMPAIGN, "contact_id": 1},
    "campaigns-bulk-action": {"action_name": "apply_labels", "campaign_ids": [1], "labels": [1]},
    "update-campaign-labels": {"action": "attach", "label_ids": [1]},
    "delete-campaign-emails": {"email_ids": [9]},
    "save-settings": {"settings": {"business_settings": {"business_name": "A", "business_address": "B"}}},
    "save-compliance": {"anonymize_ip": "no", "email_open_tracking": "yes"},
}
_CONTACT = {
    "email": "new@example.com",
    "phone": "+4930123456",
    "first_name": "New",
    "last_name": "Comer",
    "groups": [2],
    "custom_fields": {"plan": "gold", "n": "5"},
}
FURIOSA: dict[str, dict[str, Any]] = {
    "createContact": {**_CONTACT, "audience_id": 1},
    "createContacts": {
        "audience_id": 1,
        "contacts": [_CONTACT, {"email": "eve@example.com"}, {"phone": "+4930999999"}],
    },
    "updateContact": {**_CONTACT, "email": "eve@example.com"},
    "createAudience": {"name": "Fresh", "description": "New ones"},
    "updateAudience": {"name": "Fresh", "description": "New ones"},
    "createGroup": {"name": "Paris"},
    "updateGroup": {"name": "Paris"},
    "createCampaign": {"name": "Spring", "type": "email", "subject": "Hi", "content": "<p>Hi</p>", "audience_ids": [1]},
    "updateCampaign": {"name": "Spring", "type": "email", "subject": "Hi", "content": "<p>Hi</p>", "audience_ids": [1]},
}


WEBHOOK = {"url": "http://127.0.0.1:9/hook", "events": ["contact.created"], "name": "Shop", "active": True}


ACCOUNT: dict[str, Any] = {
    "email": "me@example.com",
    "displayName": "Me",
    "provider": "smtp",
    "dailyLimit": 50,
    "enabled": True,
    # nothing listens there
    "smtp": {"host": "127.0.0.1", "port": 1, "username": "me", "password": "secret", "encryption": "none"},
    "imap": {"host": "127.0.0.1", "port": 1},
}
WORKFLOW: dict[str, Any] = {
    "nodes": [
        {"id": "s", "type": "start", "data": {}},
        {"id": "m", "type": "email", "data": {"subject": "Hi {{firstName|there}}", "body": "<p>Hello</p>"}},
        {"id": "e", "type": "end", "data": {}},
    ],
    "edges": [{"from": "s", "to": "m"}, {"from": "m", "to": "e"}],
}


def fluenzr(ids: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The bodies of the FluenzR dialect, whose ids are words; `ids` are those of `furnished`."""
    contact, group = ids["contacts.id"], ids["groups.id"]
    campaign: dict[str, Any] = {
        "name": "Spring",
        "description": "x",
        "emailAccountId": ids["email-accounts.id"],
        "settings": {
            "sendDays": ["monday"],
            "sendHoursStart": "09:00",
            "sendHoursEnd": "17:00",
            "timezone": "Europe/Berlin",
            "maxEmailsPerHour": 20,
            "stopOnReply": True,
        },
        "workflow": WORKFLOW,
    }
    stage = {"name": "Demo", "color": "#1d4ed8", "position": 2}
    person: dict[str, Any] = {
        "email": "new@example.com",
        "firstName": "New",
        "company": "Acme",
        "phone": "+4930123456",
        "status": "active",
        "groupIds": [group],
        "tags": ["VIP", "fresh"],
        "customFields": {"plan": "gold", "n": "5"},
        "consentSource": "event",
        "consentNotes": "Fair",
        "consentDate": "2026-03-01T10:00:00Z",
        "pipelineStageId": ids["pipeline.id"],
    }
    return {
        "createContact": person,
        "updateContact": {**person, "email": "eve@example.com"},
        "bulkContacts": {
            "contacts": [person, {"email": "eve@example.com"}],
            "groupIds": [group],
            "onDuplicate": "update",
        },
        "searchContacts": {
            "query": "eve",
            "filters": {"status": "active", "groups": [group], "tags": ["VIP"], "customFields": {"plan": "gold"}},
            "sort": {"field": "email", "order": "asc"},
            "page": 1,
            "perPage": 5,
        },
        "createWebhook": WEBHOOK,
        "updateWebhook": WEBHOOK,
        "addContactGroups": {"groupIds": [group]},
        "removeContactGroups": {"groupIds": [group]},
        "addContactTags": {"tags": ["a", "b"]},
        "removeContactTags": {"tags": ["a"]},
        "createGroup": {"name": "Paris", "description": "x", "type": "static", "color": "#1d4ed8"},
        "updateGroup": {"name": "Paris", "description": "x", "type": "dynamic", "color": "#1d4ed8"},
        "addGroupContacts": {"contactIds": [contact]},
        "createCampaign": campaign,
        "updateCampaign": campaign,
        "addCampaignContacts": {
            "contactIds": [contact],
            "groupIds": [group],
            "filters": {"status": "active", "groups": [group]},
        },
        "removeCampaignContacts": {"contactIds": [contact]},
        "createEmailAccount": ACCOUNT,
        "updateEmailAccount": ACCOUNT,
        "testEmailAccount": {"to": "eve@example.com"},
        "createStage": stage,
        "updateStage": stage,
        "deleteStage": {"moveTo": ids["pipeline.other"]},
    }
