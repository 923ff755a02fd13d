"""What the studio shows beside its form: differences in words, the history, what a backtest found. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipeline.brand.profile.diff import ProfileChange, profile_changes
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.versions import FILE_AUTHOR, profile_of
from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import percentile
from pipeline.services.backtest.comparison import BacktestReport, BacktestTopic
from pipeline.store.records import ProfileVersion
from ui.query import BoardQuery, href
from ui.shared.parts import BadgeView, badge, reason_line

SHOWN_TOPICS = 25
"""Topics of a list; the counts are always of all."""
SHOWN_REASONS = 3

GROUPS = ("newly_ridden", "no_longer_ridden", "flipped", "missed", "differs_anyway")
"""Lists of a backtest in the order they matter; their words are ``studio.group_<name>``."""


class HistoryRow(msgspec.Struct, frozen=True):
    """One version: its number, when, who, why, and what it changed against the one before."""

    version: int
    saved_at: str
    author: str
    note: str
    changes: tuple[str, ...]
    newest: bool


class FlipView(msgspec.Struct, frozen=True):
    """One topic whose verdict is another one, with the reasons of both."""

    label: str
    href: str
    facts: str
    before: BadgeView
    after: BadgeView
    reasons_before: tuple[str, ...]
    reasons_after: tuple[str, ...]


class GroupView(msgspec.Struct, frozen=True):
    """A list of topics, and how many there are of it in all."""

    name: str
    title: str
    hint: str
    count: str
    topics: tuple[FlipView, ...]
    more: str | None


class PreviewView(msgspec.Struct, frozen=True):
    """What a profile would have said: a sentence, verdicts before and after, lists."""

    summary: str
    notes: tuple[str, ...]
    kinds: tuple[tuple[BadgeView, str, str], ...]
    groups: tuple[GroupView, ...]


def change_text(change: ProfileChange, locale: Locale) -> str:
    """One difference in the viewer's language."""
    text = locale.text
    field = locale.texts.known(f"profile_field.{change.field}") or change.field
    if change.owner:
        field = text("studio.of", field=field, owner=change.owner)
    if change.part:
        field = f"{field} · {locale.texts.known(f'profile_field.{change.part}') or change.part}"
    unset = text("studio.unset")
    before = locale.written_number(change.before) or unset
    after = locale.written_number(change.after) or unset
    item = change.after or change.before
    if change.action in ("added", "removed") and item:
        return text(f"studio.item_{change.action}", field=field, item=item)
    return text(f"studio.{change.action}", field=field, before=before, after=after)


def change_texts(old: BrandProfile, new: BrandProfile, locale: Locale) -> tuple[str, ...]:
    """All differences, in words."""
    return tuple(change_text(change, locale) for change in profile_changes(old, new))


def history_rows(versions: Sequence[ProfileVersion], locale: Locale) -> tuple[HistoryRow, ...]:
    """Versions, newest first, each with what it changed.

    Parameters
    ----------
    versions
        Of one brand, newest first.
    """
    rows = []
    for i, version in enumerate(versions):
        mine = profile_of(version)
        before = profile_of(versions[i + 1]) if i + 1 < len(versions) else None
        if mine is None:
            changes: tuple[str, ...] = (locale.text("studio.unreadable_version"),)
        else:
            changes = () if before is None else change_texts(before, mine, locale)
        author = locale.text("studio.from_file") if version.author == FILE_AUTHOR else version.author or "?"
        rows.append(
            HistoryRow(version.version, locale.moment(version.saved_at), author, version.note, changes, newest=i == 0)
        )
    return tuple(rows)


def preview_view(report: BacktestReport, query: BoardQuery, locale: Locale) -> PreviewView:
    """A backtest as the studio shows it."""
    text, number = locale.text, locale.number
    changed = sum(len(getattr(report, name)) for name in ("newly_ridden", "no_longer_ridden", "flipped"))
    days = max(1, round((report.until - report.since).total_seconds() / 86_400))
    summary = text(
        "studio.preview_summary",
        topics=locale.count("studio.topics", report.n_topics, n=number(report.n_topics)),
        days=locale.count("time.days", days, n=number(days)),
        changed=locale.count("studio.verdicts", changed, n=number(changed)),
    )
    notes = [
        locale.count(f"studio.{name}", n, n=number(n))
        for name, n in (("unjudged", report.n_unjudged), ("unchecked", report.n_unchecked))
        if n
    ]
    kinds = tuple((badge(count.kind, locale), number(count.before), number(count.after)) for count in report.kinds)
    groups = (_group(name, getattr(report, name), query, locale) for name in GROUPS)
    return PreviewView(summary, tuple(notes), kinds, tuple(group for group in groups if group.topics))


def _group(name: str, topics: Sequence[BacktestTopic], query: BoardQuery, locale: Locale) -> GroupView:
    hidden = len(topics) - SHOWN_TOPICS
    return GroupView(
        name=name,
        title=locale.text(f"studio.group_{name}"),
        hint=locale.text(f"studio.group_{name}_hint"),
        count=locale.number(len(topics)),
        topics=tuple(_flip(topic, query, locale) for topic in topics[:SHOWN_TOPICS]),
        more=locale.count("studio.more", hidden, n=locale.number(hidden)) if hidden > 0 else None,
    )


def _flip(topic: BacktestTopic, query: BoardQuery, locale: Locale) -> FlipView:
    posts = locale.count("board.posts", topic.n_posts, n=locale.number(topic.n_posts))
    both = [
        locale.text("studio.no_fit") if value is None else percentile(value, locale)
        for value in (topic.percentile_before, topic.percentile_after)
    ]
    facts = [posts, locale.day(topic.last_seen), locale.text("studio.fit", before=both[0], after=both[1])]
    if topic.nuance_after:
        facts.append(locale.text("studio.nuance", label=topic.nuance_after))
    return FlipView(
        label=topic.label or topic.topic_id,
        href=href(query, topic=topic.topic_id),
        facts=" · ".join(facts),
        before=badge(topic.before, locale),
        after=badge(topic.after, locale),
        reasons_before=tuple(reason_line(reason, locale) for reason in topic.reasons_before[:SHOWN_REASONS]),
        reasons_after=tuple(reason_line(reason, locale) for reason in topic.reasons_after[:SHOWN_REASONS]),
    )
