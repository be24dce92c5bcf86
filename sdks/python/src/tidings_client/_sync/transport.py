"""Sends requests, tries again where that is safe, and makes errors of refusals."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx
from typing_extensions import Self, TypedDict, Unpack

from tidings_client.addresses import USER_AGENT, base_of, query_pairs
from tidings_client.errors import AnswerLost, ConnectionFailed, error_of
from tidings_client.policy import RetryPolicy, asked_wait

# The connection never came about, so the request never left.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ClientOptions(TypedDict, total=False):
    """What every client takes: `base_url` is the address of your Tidings, with or without the dialect's prefix
    (TIDINGS_BASE_URL where it is left out); `timeout` in seconds (30) for one try; `http_client` one of your own."""

    base_url: str | None
    timeout: float
    retries: RetryPolicy
    http_client: httpx.Client


class Transport:
    """One dialect of one installation, with the credentials of one caller; connections are kept and reused."""

    prefix = ""

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self.base_url = base_of(options.get("base_url"), self.prefix)
        self._policy = options.get("retries") or RetryPolicy()
        self._owns_http = "http_client" not in options
        self._http = options.get("http_client") or httpx.Client(timeout=options.get("timeout", 30.0))
        self._headers = {"user-agent": USER_AGENT, "accept": "application/json", **(headers or {})}
        self._auth = auth

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        only_reads: bool = False,
    ) -> Any:
        """Any address of the dialect: the decoded answer, None for an empty one.

        `path` begins after the dialect's prefix; `body` is sent as JSON; `only_reads` says that a POST changes nothing
        and may be sent again when its answer is lost. Raises ApiError, ConnectionFailed, AnswerLost.
        """
        tries = 0
        while True:
            tries += 1
            try:
                answer = self._http.request(
                    method,
                    self.base_url + path,
                    params=query_pairs(query or {}),
                    json=body,
                    headers=self._headers,
                    auth=self._auth,
                )
            except httpx.TransportError as error:
                is_sent = not isinstance(error, _NOT_SENT)
                may_repeat = not is_sent or self._policy.may_repeat(method, only_reads=only_reads)
                wait = self._policy.wait(tries, None) if may_repeat else None
                if wait is None:
                    raise _lost(method, path, error, is_sent=is_sent) from error
                time.sleep(wait)
                continue
            if answer.status_code < 400:
                return _decoded(answer)
            asked = asked_wait(answer.headers) if answer.status_code in (429, 503) else None
            is_worth_it = self._policy.is_worth_it(answer.status_code, method, only_reads=only_reads)
            wait = self._policy.wait(tries, asked) if is_worth_it else None
            if wait is None:
                raise error_of(answer.status_code, _decoded(answer), retry_after=asked)
            time.sleep(wait)

    def close(self) -> None:
        """Closes the connections; a client of yours (`http_client`) stays open."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _decoded(answer: httpx.Response) -> Any:
    """JSON, else the text of whatever stands between us and the server."""
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _lost(method: str, path: str, error: Exception, *, is_sent: bool) -> ConnectionFailed | AnswerLost:
    told = f"{method} {path}: {error or type(error).__name__}"
    return AnswerLost(f"{told}. It may have been carried out.") if is_sent else ConnectionFailed(told)
