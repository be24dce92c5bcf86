"""What may begin an automation: the words of this dialect (spec §6.2). None is disabled here."""

from __future__ import annotations

from typing import Any

_CRM, _ACCOUNTS, _FORMS = "CRM", "WordPress Triggers", "Forms"
# key: category, label, description, icon
_TABLE: dict[str, tuple[str, str, str, str]] = {
    "user_register": (_ACCOUNTS, "New User Sign Up", "An account is made", "fc-icon-wp_new_user_signup"),
    "wp_login": (_ACCOUNTS, "User Login", "Somebody with an account logs in", "fc-icon-wp_new_user_signup"),
    "fluentcrm_contact_added_to_lists": (_CRM, "List Applied", "A contact joins a list", "fc-icon-list_applied_2"),
    "fluentcrm_contact_removed_from_lists": (_CRM, "List Removed", "A contact leaves a list", "fc-icon-list_removed"),
    "fluentcrm_contact_added_to_tags": (_CRM, "Tag Applied", "A contact gets a tag", "fc-icon-tag_applied"),
    "fluentcrm_contact_removed_from_tags": (_CRM, "Tag Removed", "A contact loses a tag", "fc-icon-tag_removed"),
    "fluentcrm_contact_added_to_companies": (_CRM, "Company Applied", "A contact joins a company", ""),
    "fluentcrm_contact_removed_from_companies": (_CRM, "Company Removed", "A contact leaves a company", ""),
    "fluent_crm/contact_created": (_CRM, "Contact Created", "A contact is made", ""),
    "fluentcrm_contact_birthday": (_CRM, "Contact's Birthday", "It is a contact's birthday", ""),
    "fluent_crm/event_tracked": (_CRM, "Tracking Event Recorded", "Another system reports an event", ""),
    "fluentform/submission_inserted": (_FORMS, "New Form Submission", "A form is sent", ""),
}


def trigger_bodies() -> dict[str, dict[str, Any]]:
    """Every trigger by its key."""
    names = ("category", "label", "description", "icon")
    return {key: dict(zip(names, row, strict=True)) for key, row in _TABLE.items()}
