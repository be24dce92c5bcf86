"""Writes of contacts: `people` (create, change, delete), `memberships` (tags, lists, status in sets),
`catalog` (lists, tags, labels, custom fields), `notes`. One function, one transaction, facts in it.
"""

from tidings.contacts.actions.catalog import (
    create_label,
    create_list,
    create_tag,
    delete_label,
    delete_lists,
    delete_tags,
    ensure_lists,
    ensure_tags,
    rename_field_group,
    replace_custom_fields,
    update_label,
    update_list,
    update_tag,
)
from tidings.contacts.actions.members import join_audience, leave_audience, update_member
from tidings.contacts.actions.memberships import add_lists, add_tags, remove_lists, remove_tags, set_status
from tidings.contacts.actions.notes import add_note, delete_notes, update_note
from tidings.contacts.actions.people import delete_contacts, write_contact, write_contacts

__all__ = [
    "add_lists",
    "add_note",
    "add_tags",
    "create_label",
    "create_list",
    "create_tag",
    "delete_contacts",
    "delete_label",
    "delete_lists",
    "delete_notes",
    "delete_tags",
    "ensure_lists",
    "ensure_tags",
    "join_audience",
    "leave_audience",
    "remove_lists",
    "remove_tags",
    "rename_field_group",
    "replace_custom_fields",
    "set_status",
    "update_label",
    "update_list",
    "update_member",
    "update_note",
    "update_tag",
    "write_contact",
    "write_contacts",
]
