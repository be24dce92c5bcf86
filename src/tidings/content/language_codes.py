"""The picker: which codes a composer offers, by group, with labels (fluentcrm.md §4.3, `/templates/smartcodes`).

What the codes read is in `smartcodes` and `variables`.
"""

from __future__ import annotations

import msgspec

from tidings.content.types import Language, Site


class CodeGroup(msgspec.Struct, frozen=True):
    """A group of the picker. `shortcodes` maps what is inserted to its label, in order."""

    key: str
    title: str
    shortcodes: dict[str, str]


_CONTACT = {
    "full_name": "Full Name",
    "prefix": "Name Prefix",
    "first_name": "First Name",
    "last_name": "Last Name",
    "email": "Contact Email",
    "id": "Contact ID",
    "user_id": "User ID",
    "address_line_1": "Address Line 1",
    "address_line_2": "Address Line 2",
    "city": "City",
    "state": "State",
    "postal_code": "Postal Code",
    "country": "Country",
    "phone": "Phone Number",
    "status": "Status",
    "date_of_birth": "Date of Birth",
    "company.name": "Company Name",
    "company.industry": "Company Industry",
    "company.address": "Company Address",
}
_GENERAL = {
    "{{crm.business_name}}": "Business Name",
    "{{crm.business_address}}": "Business Address",
    "{{wp.admin_email}}": "Admin Email",
    "##wp.url##": "Site URL",
    "{{other.date.+2 days}}": "Dynamic Date (ex: +2 days from now)",
    "{{other.date_format.D, d M, Y}}": "Custom Date Format (Any PHP Date Format)",
    "{{other.latest_post.title}}": "Latest Post Title (Published)",
    "##crm.unsubscribe_url##": "Unsubscribe URL",
    "##crm.manage_subscription_url##": "Manage Subscription URL",
    "##web_preview_url##": "View On Browser URL",
    "{{crm.unsubscribe_html|Unsubscribe}}": "Unsubscribe Hyperlink HTML",
    "{{crm.manage_subscription_html|Manage Preference}}": "Manage Subscription Hyperlink HTML",
}
_PORTAL = {"##crm.frontend_portal_url##": "Portal URL (logs the recipient in once)"}
_VARIABLES = {
    "{{firstName|there}}": "First name",
    "{{lastName}}": "Last name",
    "{{fullName}}": "Full name",
    "{{email}}": "E-mail address",
    "{{phone}}": "Phone",
    "{{company}}": "Company",
    "{{city}}": "City",
    "{{country}}": "Country",
}
_VARIABLES_GENERAL = {
    "{{unsubscribe_link}}": "Unsubscribe address",
    "{{manage_link}}": "Preferences address",
    "{{web_view_link}}": "View in browser",
    "{{current_date}}": "Today",
    "{{current_year}}": "This year",
    "{{business_name}}": "Business name",
}


def picker(site: Site, *, language: Language = "smartcodes", has_portal: bool = False) -> list[CodeGroup]:
    """The groups a composer offers. Own fields appear under their labels; without any, their group is left out.

    `has_portal`: contacts have a portal, so a link to it is offered.
    """
    before = "contact.custom." if language == "smartcodes" else ""
    own = {f"{{{{{before}{slug}}}}}": site.custom_field_labels.get(slug, slug) for slug in site.custom_fields}
    if language == "smartcodes":
        contact = {f"{{{{contact.{key}}}}}": label for key, label in _CONTACT.items()}
        general = _GENERAL | (_PORTAL if has_portal else {})
    else:
        contact, general = _VARIABLES, _VARIABLES_GENERAL
    groups = [CodeGroup("contact", "Contact", dict(contact))]
    if own:
        groups.append(CodeGroup("contact_custom_fields", "Custom Fields", own))
    groups.append(CodeGroup("general", "General", dict(general)))
    return groups
