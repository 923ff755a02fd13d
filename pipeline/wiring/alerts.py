"""Stage 3, built: what empties the outbox into a sink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from configs.settings import Settings
from pipeline.alerts.sender import AlertSender
from pipeline.alerts.sinks import SINKS
from pipeline.store.contract import Store
from pipeline.wiring.clock import utc_now


@contextmanager
def open_sender(settings: Settings, store: Store, sink: str) -> Iterator[AlertSender]:
    """What empties the outbox into the sink of that name; its connections close with the block."""
    with httpx.Client(timeout=settings.alerts.timeout_s) as client:
        names = {brand.brand_id: brand.name for brand in store.brands()}
        yield AlertSender(store, SINKS[sink].build(settings, names, client), utc_now)
