"""Slack's incoming webhook: post a message, learn whether to try again.

Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import httpx

from configs.errors import ConfigError, SinkRefused, SinkUnavailable
from configs.settings import Secret
from pipeline.alerts.sinks.posting import is_final, is_web_address, named_wait_s, post_json
from pipeline.alerts.sinks.slack.message import slack_message, to_payload
from pipeline.i18n.texts import Language
from pipeline.types import Alert

_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}")


class SlackWebhook:
    """Posts payloads to one incoming webhook. Its URL is a password: no log and no error shows it.

    Parameters
    ----------
    url
        ``https://hooks.slack.com/services/…`` or a compatible address.
    client
        Its timeouts apply; the caller closes it.

    Raises
    ------
    ConfigError
        The URL is not an http(s) address.
    """

    def __init__(self, url: Secret, client: httpx.Client) -> None:
        self._url = url
        self._client = client
        if not is_web_address(url.reveal()):
            raise ConfigError("settings", "alerts.slack_webhook_url", "is not an http(s) address", "copy it from Slack")

    def send(self, payload: bytes) -> None:
        """Return once Slack said "ok".

        Raises
        ------
        SinkUnavailable
            Too many messages (with ``retry_after_s`` as named by Slack), a server error, or no
            answer at all. After a lost answer the message may be there already.
        SinkRefused
            Slack will never take this message: bad payload, archived channel, revoked webhook.
        """
        answer = post_json(self._client, self._url.reveal(), payload, "Slack")
        if answer.status_code == HTTPStatus.OK and answer.text.strip() == "ok":
            return
        said = f"Slack answered {answer.status_code} {_reason(answer.text)}".rstrip()
        if is_final(answer.status_code):
            raise SinkRefused(said)
        raise SinkUnavailable(said, retry_after_s=_retry_after_s(answer.headers))


class SlackSink:
    """Delivers alerts through a webhook in one language.

    Parameters
    ----------
    board_url
        Address of the board as readers of the channel reach it.
    brand_names
        Brand id → name to show; an unknown id is shown itself.
    """

    def __init__(
        self, webhook: SlackWebhook, language: Language, board_url: str, brand_names: Mapping[str, str]
    ) -> None:
        self._webhook = webhook
        self._language = language
        self._board_url = board_url
        self._brand_names = brand_names

    def send(self, alert: Alert) -> None:
        """Render and deliver one alert; raises as :meth:`SlackWebhook.send`."""
        brand_name = self._brand_names.get(alert.brand_id)
        self._webhook.send(to_payload(slack_message(alert, self._language, self._board_url, brand_name)))


def _reason(body: str) -> str:
    """Slack's own code (``channel_is_archived``); anything else may echo the message and is dropped."""
    body = body[:100].strip()
    return body if _REASON.fullmatch(body) else ""


def _retry_after_s(headers: httpx.Headers) -> float | None:
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return named_wait_s(seconds)
