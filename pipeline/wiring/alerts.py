"""The composition root: the only place where parts are built and put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from configs.settings import Secret, Settings
from pipeline.alerts.sender import AlertSender
from pipeline.store.contract import Store
from pipeline.wiring.models import utc_now


@contextmanager
def open_sender(settings: Settings, store: Store, webhook: Secret) -> Iterator[AlertSender]:
    """What empties the outbox into Slack; its connections close with the block."""
    import httpx

    from pipeline.alerts.sinks.slack.webhook import SlackSink, SlackWebhook

    with httpx.Client(timeout=settings.alerts.timeout_s) as client:
        names = {brand.brand_id: brand.name for brand in store.brands()}
        sink = SlackSink(SlackWebhook(webhook, client), settings.alerts.language, settings.board.public_url, names)
        yield AlertSender(store, sink, utc_now)
