"""What each kind of step does, for a set of runs at once: one async function per kind, in a few statements.

`flow` waits, branches and ends; `contacts` changes contacts; `mails` queues mails; `outside` tells other systems.
A kind that is not in EXECUTORS fails visibly, and the run goes on.
"""

from tidings.automations.steps.contacts import (
    add_lists,
    add_note,
    add_tags,
    change_contact,
    join_company,
    leave_company,
    record_event,
    remove_lists,
    remove_tags,
)
from tidings.automations.steps.doing import Executor
from tidings.automations.steps.flow import condition, end, goal, leave_automations, split, wait
from tidings.automations.steps.mails import send_campaign_mail, send_mail
from tidings.automations.steps.outside import call_webhook

EXECUTORS: dict[str, Executor] = {
    "add_lists": add_lists,
    "add_note": add_note,
    "add_tags": add_tags,
    "call_webhook": call_webhook,
    "change_contact": change_contact,
    "condition": condition,
    "end": end,
    "goal": goal,
    "join_company": join_company,
    "leave_automations": leave_automations,
    "leave_company": leave_company,
    "record_event": record_event,
    "remove_lists": remove_lists,
    "remove_tags": remove_tags,
    "send_campaign_mail": send_campaign_mail,
    "send_mail": send_mail,
    "split": split,
    "wait": wait,
}
