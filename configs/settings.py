"""Typed settings: every field carries its bounds, its default and its documentation; unknown keys are refused.

The README's table is checked against it; :mod:`configs.loading` reads them.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from configs.errors import ConfigError

T = TypeVar("T")

ENV_PREFIX = "TRENDSIEVE_"
CONFIGS_DIR = Path(__file__).parent

Positive = Annotated[int, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(gt=0, le=1e9)]  # bounded: infinity would overflow time arithmetic hours later
Granularity = Literal["coarse", "normal", "fine"]


class Secret:
    """A value that never shows in a log, a repr or an error.

    Examples
    --------
    >>> Secret("hush")
    Secret(***)
    """

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


class EncoderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which model turns text into vectors."""

    id: Annotated[
        str,
        Meta(description="`use-multilingual` (bundled), `static` or any sentence-transformers id or folder"),
    ] = "use-multilingual"
    judge: Annotated[
        str,
        Meta(
            description="model that is to say what fits whom, measured by `eval fit` (verdicts still use `encoder.id`):"
            " `e5-small` (multilingual-e5-small; where its package has no wheel, the sieve), `sieve` (`encoder.id`) or"
            " any sentence-transformers id or folder"
        ),
    ] = "e5-small"
    cache: Annotated[
        str | None, Meta(description="folder that keeps the judge's converted model; unset: the user's cache folder")
    ] = None
    threads: Annotated[Positive, Meta(description="threads of the matrix library while encoding")] = 2
    processes: Annotated[
        int,
        Meta(
            ge=0,
            description="processes that enrich posts; 0: a file is read by one a core (up to 8), "
            "`run` and `enrich` stay in one process",
        ),
    ] = 0
    device: Annotated[str, Meta(description="`auto`, `cpu` or `cuda`; sentence-transformers models only")] = "auto"
    static: Annotated[
        str | None,
        Meta(
            description="folder made by `trendsieve distill`: what the encoder `static` reads; with "
            "`use-multilingual`, the student that takes over in a flood"
        ),
    ] = None
    firehose_enter_lag_s: Annotated[
        Seconds, Meta(description="backlog, in seconds at the present speed, from which the student takes over")
    ] = 60.0
    firehose_leave_lag_s: Annotated[
        Seconds, Meta(description="backlog below which the queue counts as nearly empty")
    ] = 5.0
    firehose_calm_s: Annotated[
        Seconds, Meta(description="how long it stays nearly empty before the default encoder returns")
    ] = 120.0


class StreamSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where posts wait between stages."""

    kind: Annotated[Literal["local", "kafka"], Meta(description="`local` (one SQLite log) or `kafka`")] = "local"
    path: Annotated[str, Meta(description="file of the local stream")] = "var/stream.sqlite"
    bootstrap_servers: Annotated[str, Meta(description="Kafka brokers, comma-separated")] = "localhost:9092"
    partitions: Annotated[Positive, Meta(description="partitions of `posts.v1` when it is created")] = 12
    replication_factor: Annotated[Positive, Meta(description="copies of each Kafka partition when created")] = 1
    group: Annotated[str, Meta(description="prefix of the Kafka consumer groups")] = "trendsieve"


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where state and results are kept."""

    url: Annotated[str, Meta(description="SQLAlchemy URL: `sqlite:///…` or `postgresql+psycopg://…`")] = (
        "sqlite:///var/trendsieve.db"
    )

    def __repr__(self) -> str:
        """A password inside the URL stays out of logs and errors."""
        shown = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", self.url)
        return f"StoreSettings(url={shown!r})"


class IngestSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits at the door."""

    max_line_bytes: Annotated[Positive, Meta(description="a longer input line goes to the dead letters")] = 1_048_576
    max_text_chars: Annotated[Positive, Meta(description="a longer text is cut on a grapheme boundary")] = 20_000
    batch_posts: Annotated[Positive, Meta(description="posts read from a source or stream at once")] = 256
    heartbeat_s: Annotated[Seconds, Meta(description="silence after which the collector writes a heartbeat")] = 15.0


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which source `run` and `collect` read."""

    kind: Annotated[str, Meta(description="name of a source: `jsonl` or `bluesky`")] = "jsonl"
    path: Annotated[str, Meta(description="file of the `jsonl` source (`.gz` allowed)")] = ""
    urls: Annotated[tuple[str, ...], Meta(description="Jetstream hosts of the `bluesky` source, tried in order")] = (
        "wss://jetstream1.us-east.bsky.network",
        "wss://jetstream2.us-west.bsky.network",
    )
    languages: Annotated[
        tuple[str, ...], Meta(description="keep posts that declare one of these languages or none; empty keeps all")
    ] = ()


class TopicSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How posts become topics."""

    granularity: Annotated[Granularity, Meta(description="`coarse`, `normal` or `fine` topics")] = "normal"
    half_life_s: Annotated[Seconds, Meta(description="a quiet topic forgets half of its centre in this time")] = (
        43_200.0
    )
    expire_after_s: Annotated[Seconds, Meta(description="a topic without posts this long takes no more")] = 172_800.0
    max_live: Annotated[Positive, Meta(description="live topics kept in memory; the quietest leave first")] = 20_000
    seed: Annotated[int, Meta(ge=0, description="seed of the reservoir that calibrates the threshold")] = 7


class ReportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When topics are measured and what counts as evidence."""

    every_s: Annotated[Seconds, Meta(description="event time between two measurements of the live topics")] = 60.0
    bin_s: Annotated[Positive, Meta(description="bin of the momentum series")] = 600
    sparkline_bins: Annotated[Positive, Meta(description="bins shown in a sparkline")] = 48
    min_posts: Annotated[Positive, Meta(description="smaller topics stay off the board")] = 5
    evidence_posts: Annotated[Positive, Meta(description="distinct posts below which a topic is thin evidence")] = 20
    evidence_authors: Annotated[Positive, Meta(description="authors below which a topic is thin evidence")] = 5
    markets: Annotated[
        tuple[str, ...], Meta(description="whose solemn days count, beside the world's: codes of `solemn_days.toml`")
    ] = ("it",)


class VerdictSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds of the verdict; a brand file overrides the percentiles."""

    ride_percentile: Annotated[float, Meta(ge=50, le=100, description="fit percentile from which a topic fits")] = 99.0
    watch_percentile: Annotated[float, Meta(ge=50, le=100, description="fit percentile worth watching")] = 95.0
    hot: Annotated[Share, Meta(description="heat (chance of a quarrel) from which a topic counts as contested")] = 0.9
    hazard_share: Annotated[Share, Meta(description="share of posts from which a hazard counts for the topic")] = 0.2
    divided: Annotated[Share, Meta(description="division its lower bound must reach to count as two camps")] = 0.5
    unverified_share: Annotated[
        Share, Meta(description="share of hedged posts, or of links to listed domains, that makes a topic unverified")
    ] = 0.3
    narrow_share: Annotated[Share, Meta(description="share of copies, or of one origin, that is worth a warning")] = 0.5
    own_topics: Annotated[
        int, Meta(ge=0, description="topics of its own below which a deployment is new: only a clear fit is ridden")
    ] = 20
    hold_s: Annotated[
        float,
        Meta(ge=0, le=1e9, description="how long a borderline change lasts before the verdict follows; 0: at once"),
    ] = 1800.0


class VoicesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose voices a topic has, and what a brand's market did."""

    audience_salt: Annotated[
        Secret | None,
        Meta(description="mixed into hashes of handles; the same that hashed audience lists were made with"),
    ] = None
    recent_days: Annotated[
        int, Meta(ge=3, le=90, description="days whose response is held against the days before, own and rivals'")
    ] = 14
    baseline_days: Annotated[int, Meta(ge=7, le=365, description="the days before")] = 42


class AlertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is told to Slack."""

    slack_webhook_url: Annotated[Secret | None, Meta(description="incoming webhook; unset switches alerts off")] = None
    kinds: Annotated[
        tuple[Literal["RIDE", "NUANCE", "WATCH", "RISKY", "IGNORE"], ...], Meta(description="verdicts that alert")
    ] = ("RIDE", "RISKY")
    language: Annotated[Literal["en", "it"], Meta(description="language of the messages")] = "en"
    timeout_s: Annotated[Seconds, Meta(description="time to wait for Slack")] = 10.0


class BoardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The Streamlit board."""

    host: Annotated[str, Meta(description="address the board listens on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port of the board; 0 picks a free one")] = 8501
    public_url: Annotated[str, Meta(description="address used in links of alerts")] = "http://127.0.0.1:8501"
    refresh_s: Annotated[Seconds, Meta(description="how often the board reads the store")] = 5.0
    stale_after_s: Annotated[Seconds, Meta(description="silence after which the board says the feed is stale")] = 120.0
    language: Annotated[Literal["en", "it"], Meta(description="language the board opens in")] = "en"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one deployment."""

    shard: Annotated[str, Meta(description="name of the market or language set this deployment follows")] = "default"
    brands: Annotated[
        tuple[str, ...], Meta(description="brand files or glob patterns; relative to the settings file")
    ] = ()
    encoder: EncoderSettings = EncoderSettings()
    stream: StreamSettings = StreamSettings()
    store: StoreSettings = StoreSettings()
    ingest: IngestSettings = IngestSettings()
    source: SourceSettings = SourceSettings()
    topics: TopicSettings = TopicSettings()
    report: ReportSettings = ReportSettings()
    verdict: VerdictSettings = VerdictSettings()
    voices: VoicesSettings = VoicesSettings()
    alerts: AlertSettings = AlertSettings()
    board: BoardSettings = BoardSettings()


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises
    ------
    ConfigError
        The file is missing or is not TOML.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise ConfigError(str(path), "file", f"cannot be read ({error.strerror})", "check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "file", "is not UTF-8", "save it as UTF-8") from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError(str(path), "file", "has no usable name", "correct the path") from error
    return toml_values(text, str(path))


def toml_values(text: str, origin: str) -> dict[str, Any]:
    """Parse TOML text; errors name its ``origin``.

    Raises
    ------
    ConfigError
        It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(origin, "file", f"is not valid TOML: {error}", "correct that line") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 1,000 brackets
        raise ConfigError(origin, "file", "holds something no settings file needs", "correct it") from error


def convert(data: dict[str, Any], kind: type[T], origin: str) -> T:
    """Check plain data against a struct; errors name the origin and the key."""
    try:
        return msgspec.convert(data, kind, strict=True, dec_hook=_decode_secret)
    except (msgspec.ValidationError, TypeError) as error:
        problem, _, where = str(error).partition(" - at `$")
        key = where.rstrip("`").lstrip(".") or "(top level)"
        fix = "remove it or check its spelling" if "unknown field" in problem else "correct this value"
        problem = problem[0].lower() + problem[1:]
        raise ConfigError(origin, key, f"is wrong: {problem}", fix) from error


def _decode_secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
