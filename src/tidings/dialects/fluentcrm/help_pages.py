"""The built-in help: short pages about what to do first, by category. No network is asked for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page; `content` is HTML."""

    id: int
    title: str
    category: str
    content: str


CATEGORIES = {
    "start": "First steps",
    "contacts": "Contacts",
    "mails": "Mails",
    "installation": "Installation",
}
PAGES = (
    HelpPage(
        1,
        "From an empty installation to the first mail",
        "start",
        "<p>Enter who you are under Settings, Business: the name and the postal address stand under every mail.</p>"
        "<p>Add a mail account under Settings, Sending, and send yourself a test. Until there is one, mails are only "
        "captured and can be read in the mailbox of the interface.</p>"
        "<p>Make a list, import people into it, write a campaign, choose the list, and send.</p>",
    ),
    HelpPage(
        2,
        "Lists, tags and what they are for",
        "contacts",
        "<p>A list says what somebody asked for, such as a newsletter; people may leave a public list by themselves. "
        "A tag says what you know of somebody. Both may be chosen or left out when a campaign is sent.</p>",
    ),
    HelpPage(
        3,
        "Bringing people in from a file",
        "contacts",
        "<p>Import a CSV file with one person in a line. The columns are guessed and can be changed. Lines that cannot "
        "be used are reported with their reason; people who left stay away whatever the file says.</p>",
    ),
    HelpPage(
        4,
        "Who gets mails and who does not",
        "contacts",
        "<p>Only subscribed contacts get campaigns. A pending contact has not confirmed yet. Whoever left, complained "
        "or whose address does not exist any more is never mailed again by a campaign.</p>",
    ),
    HelpPage(
        5,
        "Personal words in a mail",
        "mails",
        "<p>Write <code>{{contact.first_name|friend}}</code> where the first name belongs; what stands behind the bar "
        "is used when there is none. The same works in subjects.</p>",
    ),
    HelpPage(
        6,
        "The way out that every mail needs",
        "mails",
        "<p>Every campaign holds a link to leave or to the preferences, in its text or its footer, and is not sent "
        "without. Mail programs find the way out in the header too and leave with one click.</p>",
    ),
    HelpPage(
        7,
        "Asking for confirmation",
        "contacts",
        "<p>With double opt-in a new contact is pending until the link in a mail was followed. What the mail says and "
        "what follows is set once for the installation, or for a list of its own.</p>",
    ),
    HelpPage(
        8,
        "Bounces and complaints",
        "installation",
        "<p>An address that a server refuses for good is marked as bounced at once. Mail services report later bounces "
        "and complaints to the address shown under Settings.</p>",
    ),
    HelpPage(
        9,
        "Colleagues and programs",
        "installation",
        "<p>Every colleague has an account with the permissions that the work needs. A program gets a key of its own, "
        "which can be revoked without touching anything else.</p>",
    ),
    HelpPage(
        10,
        "When something does not work",
        "installation",
        "<p>The system log tells what failed in the background. The command <code>tidings doctor</code> checks the "
        "database, the disk, the mail accounts and the clock, and says what to do.</p>",
    ),
)
