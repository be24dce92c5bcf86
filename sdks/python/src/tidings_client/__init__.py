"""Clients for Tidings: one per dialect, each as a blocking and as an asyncio class, and the verifiers of webhooks.

from tidings_client import FluenzrClient

client = FluenzrClient(api_key="flz_sk_…", base_url="https://crm.example.com")
for contact in client.contacts.iterate(status="active"):
    print(contact.email, contact.first_name)
"""

from tidings_client._async.fluentcrm import AsyncFluentCrmClient
from tidings_client._async.fluenzr import AsyncFluenzrClient
from tidings_client._async.furiosa import AsyncFuriosaClient
from tidings_client._async.pages import AsyncPage
from tidings_client._sync.fluentcrm import FluentCrmClient
from tidings_client._sync.fluenzr import FluenzrClient
from tidings_client._sync.furiosa import FuriosaClient
from tidings_client._sync.pages import Page
from tidings_client.errors import (
    AnswerLost,
    ApiError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    Forbidden,
    NotFound,
    RateLimited,
    ServerError,
    TidingsError,
    Unauthorized,
    ValidationFailed,
)
from tidings_client.models.records import Record
from tidings_client.policy import RetryPolicy
from tidings_client.version import VERSION as __version__
from tidings_client.webhooks import BadSignature, verify_fluenzr, verify_furiosa

__all__ = [
    "AnswerLost",
    "ApiError",
    "AsyncFluentCrmClient",
    "AsyncFluenzrClient",
    "AsyncFuriosaClient",
    "AsyncPage",
    "BadRequest",
    "BadSignature",
    "Conflict",
    "ConnectionFailed",
    "FluentCrmClient",
    "FluenzrClient",
    "Forbidden",
    "FuriosaClient",
    "NotFound",
    "Page",
    "RateLimited",
    "Record",
    "RetryPolicy",
    "ServerError",
    "TidingsError",
    "Unauthorized",
    "ValidationFailed",
    "__version__",
    "verify_fluenzr",
    "verify_furiosa",
]
