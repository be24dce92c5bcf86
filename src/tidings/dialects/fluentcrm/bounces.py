"""Where mail services report bounces: the addresses an installation gives them, and what is posted there (spec §5.6).

Amazon's address stands outside the API, in `public.bounces`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.mount import BodyTooLarge
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.dialect import PREFIX
from tidings.dialects.fluentcrm.wire import Wire
from tidings.messages.reports.receiving import MAX_BODY, receive_reports
from tidings.messages.reports.wordings import is_known
from tidings.platform.errors import TidingsError
from tidings.tracking.tokens import bounce_code, is_same

SERVICES = {
    "ses": "Amazon SES",
    "tosend": "ToSend",
    "mailgun": "Mailgun",
    "pepipost": "PepiPost",
    "postmark": "PostMark",
    "sendgrid": "SendGrid",
    "sparkpost": "SparkPost",
    "elasticemail": "Elastic Email",
    "postalserver": "Postal Server",
    "smtp2go": "SMTP2Go",
    "brevo": "Brevo (ex Sendinblue)",
}


async def get_bounce_configs(call: Call) -> Any:
    code, home = bounce_code(call.core.keys), call.context.public_url
    configs: dict[str, Any] = {}
    for service, label in SERVICES.items():
        url = f"{home}{PREFIX}/public/bounce_handler/{service}/handle/{code}"
        if service == "ses":
            url = f"{home}/index.php?fluentcrm=1&route=bounce_handler&provider=ses&verify_key={code}"
        configs[service] = {
            "label": label,
            "webhook_url": url,
            "doc_url": f"{home}/help/bounces",
            "input_title": f"{label} Bounce Handler URL",
            "input_info": f"Enter this address where {label} asks for a webhook for bounces and complaints.",
        }
    return {"bounce_settings": configs, "fluentsmtp_info": False}


async def handle_bounce(call: Call) -> Any:
    """Services switch an address off that does not answer 200, so even a wrong code is told with one."""
    if not is_same(call.path["code"], bounce_code(call.core.keys)):
        return {"status": False, "message": "Invalid Data or Security Code"}
    if len(call.request.body) > MAX_BODY:
        raise BodyTooLarge(MAX_BODY)
    service = call.path["service"].lower()
    if not is_known(service):
        return _result(call, 0, "The service is not known.", False)
    try:
        has_changed = await receive_reports(call.core, service, call.request.body, call.params)
    except TidingsError as error:
        return _result(call, 0, error.message, False)
    return _result(call, 1, "recorded", has_changed)


def _result(call: Call, success: int, message: str, result: bool) -> dict[str, Any]:
    return {
        "success": success,
        "message": message,
        "service": call.path["service"],
        "result": result,
        "time": int(call.core.clock.now().timestamp()),
    }


def reason_text(status: str, reason: str, at: datetime, data: Mapping[str, Any], wire: Wire) -> str:
    """What the wire says of a contact whose status a service set."""
    why = f" Reason: {reason}" if reason else ""
    label = _SHORT.get(data.get("service", ""), data.get("service", ""))
    return f"{status} status was set from {label} Webhook API.{why} Recorded at: {wire.stamp(at)}"


_SHORT = SERVICES | {"ses": "AWS SES", "postmark": "Postmark", "brevo": "Brevo"}
_METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
_ANSWER = {
    "type": "object",
    "properties": {
        "success": {"type": "integer", "enum": [0, 1]},
        "message": {"type": "string"},
        "service": {"type": "string"},
        "result": {"type": "boolean"},
        "time": {"type": "integer"},
        "status": {"type": "boolean"},
    },
}


def _handlers() -> list[Route]:
    """Services have their own minds about methods: each is taken, at both forms of the address."""
    forms = (("handle-bounce-with-handle", "/handle"), ("handle-bounce", ""))
    return [
        Route(
            method,
            f"/public/bounce_handler/{{service:word}}{between}/{{code:any}}",
            operation if method == "POST" else f"{operation}-by-{method.lower()}",
            "-",
            "ack",
            handle_bounce,
            answer=_ANSWER,
        )
        for operation, between in forms
        for method in _METHODS
    ]


ROUTES = [
    Route("GET", "/setting/bounce_configs", "get-bounce-configs", "fcrm_manage_settings", "view", get_bounce_configs),
    *_handlers(),
]
