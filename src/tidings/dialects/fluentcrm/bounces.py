"""Where mail services report bounces: the addresses an installation gives them (spec §5.6)."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.dialect import PREFIX
from tidings.tracking.tokens import bounce_code

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


ROUTES = [
    Route("GET", "/setting/bounce_configs", "get-bounce-configs", "fcrm_manage_settings", "view", get_bounce_configs)
]
