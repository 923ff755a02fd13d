"""The top voices of a topic, each with dated signals that anybody can check. No accusation, no total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.texts import Texts
from pipeline.store.records import StoredPost
from pipeline.types import Creator, CreatorSignal, DatedPost
from ui.elements.element import Markup, el
from ui.elements.pieces import share_bar
from ui.shared.card import card, nothing
from ui.shared.credit import credit_markup
from ui.shared.facts import number_range, share_range
from ui.shared.parts import outside_link

MAX_CREATORS = 5
MAX_EXAMPLES = 3
EXAMPLE_CHARS = 90

_EXACT = frozenset({"follower_jump"})
"""Counts, no samples: they have no interval."""

_DIGITS = {"even_intervals": 2, "quiet_hours": 1, "busiest_hour": 1}
"""Signals that are no shares, with the decimals they are shown with."""


class ExampleView(msgspec.Struct, frozen=True):
    """A dated post; ``text`` and ``href`` are there while the store keeps it."""

    at: str
    text: str | None
    href: str | None


class SignalView(msgspec.Struct, frozen=True):
    """One signal in words, its value, its range and n, and posts to check it with."""

    name: str
    value: str
    detail: str
    examples: tuple[ExampleView, ...]


class CreatorView(msgspec.Struct, frozen=True, kw_only=True):
    """One voice. ``none`` names what was looked for and found in no post; ``too_few`` replaces the signals."""

    name: str
    count: str
    share: float
    facts: tuple[str, ...]
    known: str
    signals: tuple[SignalView, ...]
    none: str | None
    too_few: str | None
    uses_list: bool


def creator_views(
    creators: Sequence[Creator], posts: Mapping[str, StoredPost], locale: Locale
) -> tuple[CreatorView, ...]:
    """Top voices, loudest first."""
    handles = handles_of(creators, posts)
    return tuple(
        _creator(creator, handles.get(creator.author_id), posts, locale) for creator in creators[:MAX_CREATORS]
    )


def handles_of(creators: Sequence[Creator], posts: Mapping[str, StoredPost]) -> Mapping[str, str]:
    """Author id to handle. The ids of creators are hashes, so only their own posts can tell who they are."""
    found: dict[str, str] = {}
    for creator in creators:
        dated = (*creator.latest, *(example for signal in creator.signals for example in signal.evidence))
        stored = (posts.get(example.post_id) for example in dated)
        handle = next((post.author_handle for post in stored if post is not None and post.author_handle), None)
        if handle is not None:
            found[creator.author_id] = handle
    return found


def quoted_ids(creators: Sequence[Creator]) -> list[tuple[str, ...]]:
    """Post ids that name the voices or show their signals."""
    groups = [creator.latest for creator in creators[:MAX_CREATORS]]
    groups += [signal.evidence[:MAX_EXAMPLES] for creator in creators[:MAX_CREATORS] for signal in creator.signals]
    return [tuple(example.post_id for example in dated) for dated in groups]


def signal_name(signal: CreatorSignal, locale: Locale) -> str:
    """A signal in plain words. A rhythm is named only where its whole interval is on one side of chance."""
    name = signal.name
    if name == "even_intervals" and signal.score.high < 0:
        name = "even_intervals_low"
    elif name == "even_intervals" and signal.score.low > 0:
        name = "even_intervals_high"
    return locale.texts.known(f"creator_signal.{name}") or signal.name.replace("_", " ")


def _creator(creator: Creator, handle: str | None, posts: Mapping[str, StoredPost], locale: Locale) -> CreatorView:
    n_posts = locale.count("board.posts", creator.n_posts, n=locale.number(creator.n_posts))
    known = locale.count("board.posts", creator.n_known, n=locale.number(creator.n_known))
    facts = []
    if creator.followers is not None:
        facts.append(locale.count("creator.followers", creator.followers, n=locale.number(creator.followers)))
    if creator.is_bot:
        facts.append(locale.text("creator.is_bot"))
    absent = [signal for signal in creator.signals if _is_absent(signal)]
    names = ", ".join(_lower(signal_name(signal, locale)) for signal in absent)
    of = round(creator.n_posts / creator.share) if creator.share > 0 else creator.n_posts
    return CreatorView(
        # an id without a stored handle stays unnamed: a hash means nothing to people
        name=handle or locale.text("topic.unknown_author"),
        count=locale.text("creator.of_posts", posts=n_posts, n=locale.number(of), share=locale.percent(creator.share)),
        share=100 * creator.share,
        facts=tuple(facts),
        known=locale.text("creator.signals", posts=known),
        signals=tuple(_signal(signal, posts, locale) for signal in creator.signals if not _is_absent(signal)),
        none=locale.text("creator.none", names=names) if names else None,
        too_few=None if creator.signals else locale.text("creator.too_few", posts=known),
        uses_list=any(signal.name == "unreliable_links" for signal in creator.signals),
    )


def _is_absent(signal: CreatorSignal) -> bool:
    """Looked for in their posts and found in none."""
    return signal.name not in _DIGITS and signal.name not in _EXACT and signal.score.value == 0


def _signal(signal: CreatorSignal, posts: Mapping[str, StoredPost], locale: Locale) -> SignalView:
    score = signal.score
    if signal.name in _EXACT:
        sign = "+" if score.value > 0 else ""
        value, detail = f"{sign}{locale.number(100 * score.value)}%", locale.text("fact.n", n=locale.number(score.n))
    elif signal.name in _DIGITS:
        digits = _DIGITS[signal.name]
        value = locale.text(f"creator_value.{signal.name}", value=locale.number(score.value, digits))
        detail = number_range(score, digits, locale)
    else:
        value, detail = locale.percent(score.value), share_range(score, locale)
    scale = locale.texts.known(f"creator_scale.{signal.name}")
    detail = f"{detail}; {scale}" if scale else detail
    examples = tuple(_example(dated, posts.get(dated.post_id), locale) for dated in signal.evidence[:MAX_EXAMPLES])
    return SignalView(signal_name(signal, locale), value, detail, examples)


def _example(dated: DatedPost, post: StoredPost | None, locale: Locale) -> ExampleView:
    if post is None:
        return ExampleView(locale.moment(dated.at), None, None)
    text = " ".join(post.text.split())
    short = text if len(text) <= EXAMPLE_CHARS else f"{text[: EXAMPLE_CHARS - 1].rstrip()}…"
    return ExampleView(locale.moment(dated.at), short, outside_link(post.url))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def creators_markup(creators: Sequence[CreatorView], texts: Texts, credit: bool) -> Markup:
    """All voices, with one neutral line for all of their signals.

    Parameters
    ----------
    credit
        Whether the list of domains has still to be credited on this page.
    """
    title = texts.text("topic.creators")
    if not creators:
        return card(title, nothing(texts, "topic.no_creators"))
    neutral = el("p", texts.text("creator.neutral"), class_="ts-second")
    return card(
        title,
        (_creator_markup(creator, texts) for creator in creators),
        neutral if any(creator.signals for creator in creators) else None,
        credit_markup(texts) if credit and any(creator.uses_list for creator in creators) else None,
    )


def _creator_markup(creator: CreatorView, texts: Texts) -> Markup:
    signals = None
    if creator.too_few is not None:
        signals = el("p", creator.too_few, class_="ts-second")
    else:
        signals = el(
            "details",
            el("summary", creator.known),
            el("ul", (_signal_markup(signal, texts) for signal in creator.signals), class_="ts-signals"),
            el("p", creator.none, class_="ts-second") if creator.none else None,
            class_="ts-more",
        )
    facts = el("p", " · ".join(creator.facts), class_="ts-second") if creator.facts else None
    return el(
        "div",
        el(
            "div",
            el("span", creator.name, class_="ts-author", dir="auto"),
            el("span", creator.count, class_="ts-second"),
            class_="ts-pair",
        ),
        share_bar(creator.share, "plain"),
        facts,
        signals,
        class_="ts-creator",
    )


def _signal_markup(signal: SignalView, texts: Texts) -> Markup:
    return el(
        "li",
        el(
            "div",
            el("span", signal.name),
            el(
                "span",
                el("span", signal.value, class_="ts-figure"),
                " ",
                el("span", signal.detail, class_="ts-second"),
            ),
            class_="ts-pair",
        ),
        el("ul", (_example_markup(example) for example in signal.examples), class_="ts-examples")
        if signal.examples
        else None,
    )


def _example_markup(example: ExampleView) -> Markup:
    date = el("span", example.at)
    if example.href is not None:
        date = el("a", example.at, href=example.href, target="_blank")
    text = el("span", example.text, class_="ts-example-text", dir="auto") if example.text is not None else None
    return el("li", date, text)
