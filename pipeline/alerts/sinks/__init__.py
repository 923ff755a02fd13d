"""The sinks there are: one folder and one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx

from configs.errors import ConfigError
from configs.settings import AlertSettings, Settings
from pipeline.alerts.sinks.contract import Sink
from pipeline.alerts.sinks.slack.webhook import SlackSink, SlackWebhook


@dataclass(frozen=True)
class SinkKind:
    """A place alerts can go to.

    ``setting``: the key of ``alerts`` that switches it on; what is in it is secret. ``build`` gets the settings, the
    brands' names by id, and a client that its caller closes.
    """

    setting: str
    build: Callable[[Settings, Mapping[str, str], httpx.Client], Sink]


def _slack(settings: Settings, brand_names: Mapping[str, str], client: httpx.Client) -> Sink:
    url = settings.alerts.slack_webhook_url
    assert url is not None, "built only where its setting is there"
    return SlackSink(SlackWebhook(url, client), settings.alerts.language, settings.board.public_url, brand_names)


SINKS: Mapping[str, SinkKind] = MappingProxyType(
    {
        "slack": SinkKind("slack_webhook_url", _slack),
    }
)


def chosen_sink(settings: AlertSettings) -> str | None:
    """The sink whose setting is there; ``None`` switches alerts off.

    Raises
    ------
    ConfigError
        More than one is: an alert is delivered once, to one place.

    Examples
    --------
    >>> chosen_sink(AlertSettings()) is None
    True
    """
    there = [name for name, kind in SINKS.items() if getattr(settings, kind.setting) is not None]
    if len(there) > 1:
        keys = " and ".join(f"alerts.{SINKS[name].setting}" for name in there)
        raise ConfigError("settings", keys, "are set together", "keep one: an alert goes to one place")
    return there[0] if there else None
