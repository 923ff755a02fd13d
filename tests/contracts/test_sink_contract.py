"""Every sink keeps the same promises: a new one adds one line to ``CASES``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx
import pytest

from configs.errors import ConfigError, SinkRefused, SinkUnavailable
from configs.loading import load_settings
from configs.settings import AlertSettings, Settings
from pipeline.alerts.sinks import SINKS, SinkKind, chosen_sink
from pipeline.alerts.sinks.contract import Sink
from tests.samples import make_alert
from tests.slack_stub import Drop, Reply, SlackStub


@dataclass(frozen=True)
class Case:
    """``open()`` answers as the sink's other side does, scripted with :class:`Reply` and :class:`Drop`.

    ``alerts(url)``: the keys of ``alerts`` that lead there, the one that switches the sink on among them.
    """

    open: Callable[[], SlackStub]
    alerts: Callable[[str], dict[str, str]]


CASES: Mapping[str, Case] = {
    "slack": Case(lambda: SlackStub(per_s=None), lambda url: {"slack_webhook_url": url}),
}


def test_every_sink_is_under_contract() -> None:
    assert set(CASES) == set(SINKS)


def settings_with(alerts: Mapping[str, str]) -> Settings:
    return load_settings(environ={f"TRENDSIEVE_ALERTS__{key.upper()}": value for key, value in alerts.items()})


@pytest.fixture(params=sorted(CASES))
def other_side(request: pytest.FixtureRequest) -> Iterator[tuple[Sink, SlackStub]]:
    kind, case = SINKS[request.param], CASES[request.param]
    with case.open() as server, httpx.Client(timeout=5, trust_env=False) as client:
        settings = settings_with(case.alerts(server.url))
        assert chosen_sink(settings.alerts) == request.param
        yield kind.build(settings, {"forno-aurora": "Forno Aurora"}, client), server


def test_an_alert_arrives_once_with_the_brand_s_name(other_side: tuple[Sink, SlackStub]) -> None:
    sink, server = other_side
    sink.send(make_alert())
    assert len(server.messages) == 1
    assert "Forno Aurora" in str(server.messages[0].payload)


def test_an_unknown_brand_is_named_by_its_id(other_side: tuple[Sink, SlackStub]) -> None:
    sink, server = other_side
    sink.send(make_alert(brand_id="nobody"))
    assert "nobody" in str(server.messages[0].payload)


@pytest.mark.parametrize(
    "act", [Reply(500), Reply(429, retry_after="7"), Drop("before_reading"), Drop("after_reading")]
)
def test_trouble_that_passes_is_said_to_pass(other_side: tuple[Sink, SlackStub], act: Reply | Drop) -> None:
    sink, server = other_side
    server.script.append(act)
    with pytest.raises(SinkUnavailable) as raised:
        sink.send(make_alert())
    wanted_s = 7.0 if isinstance(act, Reply) and act.retry_after else None
    assert raised.value.retry_after_s == wanted_s
    assert server.url not in str(raised.value)
    assert "hush" not in str(raised.value)
    sink.send(make_alert())
    assert len(server.messages) == 1


def test_a_refusal_is_final(other_side: tuple[Sink, SlackStub]) -> None:
    sink, server = other_side
    server.script.append(Reply(410, "channel_is_archived"))
    with pytest.raises(SinkRefused):
        sink.send(make_alert())


@pytest.mark.parametrize("name", sorted(SINKS))
def test_an_unusable_address_is_refused_before_anything_is_sent(name: str) -> None:
    kind = SINKS[name]
    wrong = CASES[name].alerts("https://other.example") | {kind.setting: "ftp://x/hush"}
    with httpx.Client(trust_env=False) as client, pytest.raises(ConfigError) as raised:
        kind.build(settings_with(wrong), {}, client)
    assert f"alerts.{kind.setting}" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_two_sinks_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    second = SinkKind("timeout_s", SINKS["slack"].build)  # a key that always has a value
    monkeypatch.setattr("pipeline.alerts.sinks.SINKS", MappingProxyType({**SINKS, "second": second}))
    assert chosen_sink(AlertSettings()) == "second"
    with pytest.raises(ConfigError, match="keep one"):
        chosen_sink(settings_with({"slack_webhook_url": "https://hooks.example/x"}).alerts)
