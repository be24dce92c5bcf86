"""Switches of modules and what stands beside them on one screen of the original: archive, portal, carts (spec §7.12, §7.8)."""

from __future__ import annotations

from typing import Any

from tidings.campaigns import queries as campaigns
from tidings.dialects._engine.calls import Call, as_ids, as_list, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.campaigns_wire import campaign_body
from tidings.dialects.fluentcrm.kept import keep, kept, note, plain, yes_no
from tidings.platform import modules
from tidings.platform.errors import Invalid, Problem
from tidings.platform.pagination import PageRequest
from tidings.portal.actions import choose_address
from tidings.portal.queries import portal_address
from tidings.portal.rules import checked_address

# wire key: module
MODULES = {
    "company_module": "companies",
    "company_auto_logo": "company_logos",
    "event_tracking": "events",
    "system_logs": "system_logs",
    "activity_log": "activity_log",
    "abandoned_cart": "carts",
    "sms_module": "sms",
    "campaign_archive": "archive",
    "frontend_portal": "portal",
}
_FLAGS = {
    "campaign_group_by_month": "no",
    "classic_date_time": "no",
    "disable_visual_ai": "no",
    "multi_threading_emails": "yes",
}
_WORDS = {
    "campaign_search": "",
    "campaign_max_number": "50",
    "campaign_status": "archived",
    "frontend_portal_render_type": "standalone",
}
_MOST_CAMPAIGNS = 200
CART_DEFAULTS: dict[str, Any] = {
    "enabled_providers": [],
    "capture_after_minutes": 30,
    "lost_cart_days": 10,
    "cool_off_period_days": 10,
    "gdpr_consent": "no",
    "gdpr_consent_text": "We keep your address and your cart to remind you of this order. "
    '{{opt_out label="No, thank you"}}',
    "disabled_user_roles": [],
    "track_add_to_cart": "no",
    "add_to_cart_exclude_user_roles": [],
    "tags_on_cart_abandoned": [],
    "lists_on_cart_abandoned": [],
    "tags_on_cart_lost": [],
    "lists_on_cart_lost": [],
    "new_contact_status": "transactional",
}


async def all_flags(call: Call) -> dict[str, Any]:
    """Every switch and word as the wire has it."""
    switches = await modules.switches(call.core)
    own = await kept(call, "experiments")
    shown: dict[str, Any] = {name: yes_no(switches[module]) for name, module in MODULES.items()}
    beside = {"campaign_ids": [], "frontend_portal_page_id": 0}
    # The address is the core's; how and on which page the original shows its portal is kept.
    return shown | _FLAGS | _WORDS | beside | own | {"frontend_portal_slug": await portal_address(call.core)}


async def get_experiments(call: Call) -> Any:
    return {"settings": await all_flags(call)}


async def save_experiments(call: Call) -> Any:
    given = call.params
    slug = plain(given.get("frontend_portal_slug"))
    if slug:
        _check_slug(slug)
    changes = {module: is_true(given[name]) for name, module in MODULES.items() if name in given}
    own: dict[str, Any] = {name: yes_no(given[name]) for name in _FLAGS if name in given}
    own |= {name: plain(given[name])[:190] for name in _WORDS if name in given}
    most = call.integer("campaign_max_number")
    if most is not None:
        own["campaign_max_number"] = str(min(max(most, 1), _MOST_CAMPAIGNS))
    if "campaign_ids" in given:
        own["campaign_ids"] = as_ids(as_list(given["campaign_ids"]))
    if "frontend_portal_page_id" in given:
        own["frontend_portal_page_id"] = call.integer("frontend_portal_page_id") or 0
    own = await kept(call, "experiments") | own
    async with call.core.installation.together() as tx:
        await modules.switch(call.core, changes, tx=tx)
        if slug:
            await choose_address(call.core, slug, tx=tx)
        await keep(call, "experiments", own, tx=tx)
        await note(call, "modules_switched", "", tx, **changes)
    return {"message": "Settings has been updated"}


def _check_slug(slug: str) -> None:
    try:
        checked_address(slug)
    except Invalid as error:
        raise Invalid({"frontend_portal_slug": error.fields["address"]}) from error


async def experiment_campaigns(call: Call) -> Any:
    page = await campaigns.list_campaigns(call.core, PageRequest(per_page=_MOST_CAMPAIGNS))
    return {"campaigns": [campaign_body(one.campaign, call.context, call.core.clock.now()) for one in page.rows]}


async def cart_settings(call: Call) -> dict[str, Any]:
    """What is set for abandoned carts; the switch is the module's."""
    enabled = yes_no(await modules.is_on(call.core, "carts"))
    return {"enabled": enabled, **CART_DEFAULTS, **await kept(call, "abandoned_carts")}


async def get_cart_settings(call: Call) -> Any:
    # Shops are connected by the commerce part; it names its providers here.
    return {"settings": await cart_settings(call), "available_providers": []}


async def save_cart_settings(call: Call) -> Any:
    given = call.record("settings")
    if not given:
        raise Invalid({"settings": Problem("required", "The settings field is required.")})
    before = await cart_settings(call)
    own: dict[str, Any] = {}
    for name in CART_DEFAULTS.keys() & given.keys():
        own[name] = _like(CART_DEFAULTS[name], given[name])
    if "enabled" in given:
        await modules.switch(call.core, {"carts": is_true(given["enabled"])})
    await keep(call, "abandoned_carts", {**await kept(call, "abandoned_carts"), **own})
    await note(call, "cart_settings_saved")
    after = await cart_settings(call)
    is_switched = after["enabled"] != before["enabled"]
    return {"message": "Settings has been saved successfully", "reload": is_switched, "settings": after}


def _like(default: Any, value: Any) -> Any:
    """The value in the type of its default."""
    if isinstance(default, list):
        return [plain(one) for one in as_list(value)]
    if isinstance(default, int):
        text = plain(value)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
    return plain(value)


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/setting/experiments", "get-experimental-settings", _NEEDS, "view", get_experiments),
    Route("POST", "/setting/experiments", "update-experimental-settings", _NEEDS, "ack", save_experiments),
    Route("GET", "/setting/experiments/campaigns", "get-experiment-campaigns", _NEEDS, "view", experiment_campaigns),
    Route("GET", "/setting/abandon-cart", "get-abandon-cart-settings", _NEEDS, "view", get_cart_settings),
    Route("POST", "/setting/abandon-cart", "save-abandon-cart-settings", _NEEDS, "ack", save_cart_settings),
]
