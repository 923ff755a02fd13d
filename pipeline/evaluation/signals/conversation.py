"""Exposure, saturation, dialogue and creators on lab streams (``python -m pipeline.evaluation.signals.conversation``).

Nothing here was chosen on these streams. No labels exist for them, so most figures are sanity checks: what a stream of
complaints wrongly counts as advertising, whether known coordinated accounts differ from customers.
"""

from __future__ import annotations

import argparse
import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import InputError
from configs.settings import CONFIGS_DIR, EncoderSettings
from ingest.post import Author, Post
from ingest.sources.plain_text import find_hashtags, find_links
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.sentiment import load_heads
from pipeline.signals.accounts.creators import SIGNALS, creator_signals
from pipeline.signals.accounts.saturation import saturation
from pipeline.signals.dialogue.dialogue import dialogue
from pipeline.signals.exposure.exposure import exposure
from pipeline.signals.exposure.unreliable_domains import load_domains
from pipeline.signals.post_reader import read_post
from pipeline.text.words import clean, text_hash, words
from pipeline.topics.memory.interactions import interactions
from pipeline.track.traces import trace_of
from pipeline.training.figures import Figure, figure_table
from pipeline.types import EnrichedPost, FloatArray, Score, Signals
from pipeline.types.post_marks import PostMark
from pipeline.types.traces import PostTrace, TopicPosts

MIN_OF_AUTHOR = 10
MAX_OF_AUTHOR = 128
REPOSTED = 1
"""Stands for the unknown parent of a post that the lab data only marks as a repost."""


class _Line(msgspec.Struct):
    id: str
    text: str
    created_at: datetime
    author: str | None = None
    lang: str | None = None
    is_repost: bool = False


@dataclass(frozen=True)
class _Reader:
    """Gives posts their vectors and tone."""

    data: Path

    def posts(self, name: str) -> list[tuple[_Line, EnrichedPost]]:
        path = self.data / "streams" / f"{name}.jsonl.gz"
        if not path.is_file():
            raise InputError(f"{path}: is missing; give the folder of the lab data with --data")
        with gzip.open(path, "rb") as lines:
            decoded = [msgspec.json.decode(line, type=_Line) for line in lines]
        return [(line, _enriched(line)) for line in decoded]

    def with_tone(self, posts: Sequence[EnrichedPost]) -> tuple[list[EnrichedPost], FloatArray]:
        texts = [post.clean_text for post in posts]
        vectors = open_encoder(EncoderSettings()).encode(texts)
        tone = load_heads().score(vectors, texts)
        known = zip(posts, tone.negative, tone.positive, tone.offensive, strict=True)
        changed = [
            msgspec.structs.replace(
                post,
                signals=msgspec.structs.replace(
                    post.signals, negative=float(negative), positive=float(positive), offensive=float(offensive)
                ),
            )
            for post, negative, positive, offensive in known
        ]
        return changed, vectors


def conversation_figures(data: Path) -> Iterator[tuple[str, list[Figure]]]:
    """Title and figures of each part, as they are ready (about two minutes on one core).

    Raises
    ------
    InputError
        A stream is missing below ``data``.
    """
    reader = _Reader(data)
    customers = reader.posts("airline_2015")
    yield "A stream of complaints", _complaints(reader, customers)
    yield "A bandwagon: 'on fleek', 23 February 2015", _bandwagon(reader, customers)
    normal = _by_author(reader, customers)
    for name in ("ira_en_2016_autumn", "ira_it"):
        yield f"Accounts of {name} against customers, AUC", _signals(_by_author(reader, reader.posts(name)), normal)


def _enriched(line: _Line) -> EnrichedPost:
    text = clean(line.text)
    post = Post(
        post_id=line.id,
        text=line.text,
        event_time=line.created_at,
        author=None if line.author is None else Author(line.author),
        links=find_links(line.text),
        hashtags=find_hashtags(line.text),
    )
    unknown = Signals(**dict.fromkeys(Signals.__struct_fields__, 0.0))
    return EnrichedPost(post, text, text_hash(text, line.text), line.lang, words(text), unknown)


def _complaints(reader: _Reader, customers: Sequence[tuple[_Line, EnrichedPost]]) -> list[Figure]:
    """With no tone known everything that could be advertising; then again with tone, as it runs."""
    could = [post for _, post in customers if read_post(post).marks & int(PostMark.PROMOTIONAL)]
    told, _ = reader.with_tone(could)
    sells = sum(bool(read_post(post).marks & int(PostMark.PROMOTIONAL)) for post in told)
    asks = sum(bool(read_post(post).marks & int(PostMark.ASKS)) for _, post in customers)
    return [
        Figure("posts called promotional", sells / len(customers), len(customers), note="almost none are"),
        Figure("posts that ask", asks / len(customers), len(customers)),
    ]


def _bandwagon(reader: _Reader, customers: Sequence[tuple[_Line, EnrichedPost]]) -> list[Figure]:
    about = [
        post
        for line, post in customers
        if "fleek" in line.text.lower() and (line.created_at.month, line.created_at.day) == (2, 23)
    ]
    told, vectors = reader.with_tone(about)
    traces, seen = [], set[int]()
    for arrival, post in enumerate(told):
        traces.append(trace_of(post, arrival, 1, None, post.text_hash in seen))
        seen.add(post.text_hash)
    topic = TopicPosts(traces[-256:], vectors[-256:])
    parents = interactions(topic.traces)
    domains = load_domains(CONFIGS_DIR / "unreliable_domains" / "cred1.csv")
    found, joined, talk = exposure(topic, parents, domains), saturation(topic, parents), dialogue(topic)
    if found is None or joined is None or talk is None:
        raise InputError("the stream has no post about it")
    scores = (
        ("copy share", found.copy_share),
        ("links hidden by shorteners", found.hidden_link_share),
        ("promotional accounts", joined.share),
        ("promotional posts", joined.post_share),
        ("questions", talk.question_share),
    )
    return [_figure(name, score) for name, score in scores if score is not None]


def _figure(name: str, score: Score) -> Figure:
    return Figure(name, score.value, score.n, low=score.low, high=score.high)


def _by_author(reader: _Reader, posts: Sequence[tuple[_Line, EnrichedPost]]) -> dict[str, list[PostTrace]]:
    """Traces of the accounts with enough posts; the tone of their own ones is known."""
    seen = set[int]()
    kept: dict[str, list[tuple[_Line, EnrichedPost, bool]]] = defaultdict(list)
    for line, post in posts:
        if line.author is not None:
            kept[line.author].append((line, post, post.text_hash in seen))
        seen.add(post.text_hash)
    found = {author: rows[-MAX_OF_AUTHOR:] for author, rows in kept.items() if len(rows) >= MIN_OF_AUTHOR}
    own = [post for rows in found.values() for line, post, _ in rows if not line.is_repost]
    tone = {post.post.post_id: post for post in reader.with_tone(own)[0]} if own else {}
    return {
        author: [
            _marked(trace_of(tone.get(line.id, post), arrival, 1, None, copied), line.is_repost)
            for arrival, (line, post, copied) in enumerate(rows)
        ]
        for author, rows in found.items()
    }


def _marked(trace: PostTrace, is_repost: bool) -> PostTrace:
    trace.repost_of = REPOSTED if is_repost else None
    return trace


def _signals(suspects: dict[str, list[PostTrace]], normal: dict[str, list[PostTrace]]) -> list[Figure]:
    """AUC of each signal: above .5 where it is larger for the suspects."""
    domains = load_domains(CONFIGS_DIR / "unreliable_domains" / "cred1.csv")
    sides = [
        [{signal.name: signal.score.value for signal in creator_signals(traces, domains)} for traces in side.values()]
        for side in (suspects, normal)
    ]
    figures = []
    for name in SIGNALS:
        values = [np.array([found[name] for found in side if name in found], np.float64) for side in sides]
        if min(len(values[0]), len(values[1])) >= MIN_OF_AUTHOR:
            note = f"{len(values[0])} accounts against {len(values[1])}"
            figures.append(Figure(name, _auc(*values), len(values[0]) + len(values[1]), note=note))
    return figures


def _auc(larger: NDArray[np.float64], smaller: NDArray[np.float64]) -> float:
    """Probability that one of the first is larger than one of the second; ties count half."""
    wins = (larger[:, None] > smaller).sum() + 0.5 * (larger[:, None] == smaller).sum()
    return float(wins) / (len(larger) * len(smaller))


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description="Measure exposure, saturation, dialogue and creators.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the lab data")
    for title, figures in conversation_figures(parser.parse_args().data):
        print(figure_table(title, figures), flush=True)


if __name__ == "__main__":
    main()
