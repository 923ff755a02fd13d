"""One write transaction: every method adds to it, the end of the ``with`` block commits it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from configs.errors import StaleOwner
from ingest.position import START, Position
from pipeline.store import schema
from pipeline.store.archive_writer import ArchiveWrites
from pipeline.store.contract import StoredBrand, StoredMove, StoredPost, StoredSwitch
from pipeline.store.outbox import WAITING
from pipeline.store.rows import in_chunks, last_of_each, post_row, storable, to_payload
from pipeline.store.schema import to_micros
from pipeline.store.state_codec import encode_state
from pipeline.store.statements import Statements
from pipeline.types import Alert, Redirect, TopicReport, Verdict
from pipeline.types.state import StateSnapshot
from pipeline.types.voices import MarketReading


class WriteTransaction(ArchiveWrites):
    """The :class:`~pipeline.store.contract.Transaction` on one connection; not for several threads.

    After any error in it the transaction refuses further writes and is never committed,
    even when the caller swallowed the error.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, Statements(connection))

    def advance(self, shard: str, expected: Position, to: Position) -> None:
        """Compare-and-set of the shard's position; a racing owner waits for the row lock, then fails."""
        at = schema.positions.c
        row = {"shard": storable(shard), "token": to.token}
        moved = (
            update(schema.positions).where(at.shard == row["shard"], at.token == expected.token).values(token=to.token)
        )
        with self._statements.step():
            if self._statements.run(moved).rowcount == 1:
                return
            if expected != START or not self._statements.insert_new(schema.positions, row):
                raise StaleOwner(f"another owner moved shard {shard!r}")

    def save_state(self, shard: str, snapshot: StateSnapshot) -> None:
        """Replace the shard's state; only chunks that differ from the stored ones are written.

        What is stored is asked inside the transaction, not remembered from the last one: a
        short query, and no other process, failed commit or reload can make it wrong.
        """
        at = schema.state_chunks.c
        mine = storable(shard)
        encoded = encode_state(snapshot)
        with self._statements.step():
            # The header first: its row lock keeps the chunks still until the commit.
            self._statements.upsert(schema.states, [{"shard": mine, "header": encoded.header}])
            rows = self._statements.run(select(at.part, at.number, at.checksum).where(at.shard == mine))
            stored = {(row.part, row.number): row.checksum for row in rows}
            changed: list[dict[str, Any]] = []
            for chunk in encoded.chunks:
                if stored.pop((chunk.part, chunk.number), None) != chunk.checksum:
                    row = {"part": chunk.part, "number": chunk.number, "checksum": chunk.checksum}
                    changed.append({"shard": mine, **row, "data": bytes(chunk.data)})
            self._statements.upsert(schema.state_chunks, changed)
            if stored:
                gone = (at.shard == mine, at.part == bindparam("gone_part"), at.number == bindparam("gone_number"))
                surplus = [{"gone_part": part, "gone_number": number} for part, number in stored]
                self._connection.execute(delete(schema.state_chunks).where(*gone), surplus)

    def save_posts(self, posts: Sequence[StoredPost]) -> None:
        """Insert or, where ``rev`` is not older, replace; the id of a merged topic is stored as its final one."""
        with self._statements.step():
            final = self._statements.final_topics({post.topic_id for post in posts})
            topics = {id_: final.get(storable(id_), storable(id_)) for id_ in {post.topic_id for post in posts}}
            rows = [post_row(post, topics[post.topic_id]) for post in posts]
            self._statements.upsert(schema.posts, rows, newer="rev")

    def delete_posts(self, post_ids: Sequence[str], author_ids: Sequence[str] = ()) -> None:
        """Remove posts, or all posts of authors, and what alerts quote of them."""
        post, quote = schema.posts.c, schema.alert_quotes.c
        with self._statements.step():
            for authors in in_chunks(author_ids):
                mine = self._statements.one_of(post.author_id, authors)
                theirs = select(post.post_id).where(mine)
                self._statements.run(delete(schema.alert_quotes).where(quote.post_id.in_(theirs)))
                self._statements.run(delete(schema.posts).where(mine))
            for ids in in_chunks(post_ids):
                self._statements.run(delete(schema.alert_quotes).where(self._statements.one_of(quote.post_id, ids)))
                self._statements.run(delete(schema.posts).where(self._statements.one_of(post.post_id, ids)))

    def save_reports(self, shard: str, reports: Sequence[TopicReport]) -> None:
        """Replace the latest report of each topic; one of a topic merged away is not kept."""
        with self._statements.step():
            gone = self._statements.final_topics(report.topic_id for report in reports)
            rows = [
                {
                    "topic_id": storable(report.topic_id),
                    "shard": storable(shard),
                    "n_posts": report.n_posts,
                    "last_seen": to_micros(report.last_seen),
                    "as_of": to_micros(report.as_of),
                    "payload": to_payload(report),
                }
                for report in reports
                if storable(report.topic_id) not in gone
            ]
            self._statements.upsert(schema.reports, last_of_each(rows, "topic_id"))

    def save_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Replace the latest verdict of each (brand, topic); a changed kind is added to its history.

        One of a topic merged away is not kept.
        """
        with self._statements.step():
            gone = self._statements.final_topics(verdict.topic_id for verdict in verdicts)
            rows = [
                {
                    "topic_id": storable(verdict.topic_id),
                    "brand_id": storable(verdict.brand_id),
                    "kind": str(verdict.kind),
                    "as_of": to_micros(verdict.as_of),
                    "payload": to_payload(verdict),
                }
                for verdict in verdicts
                if storable(verdict.topic_id) not in gone
            ]
            changes = self._changes_of_kind(rows)
            self._statements.upsert(schema.verdicts, last_of_each(rows, "topic_id", "brand_id"))
            if changes:
                self._connection.execute(insert(schema.verdict_history), changes)

    def save_redirects(self, redirects: Sequence[Redirect]) -> None:
        """Record merges, move the posts, drop the old topics' reports, verdicts, ranks and centres.

        Stored redirects always name the final topic, so a chain has one link and a cycle cannot
        arise: a merge that leads back to its start, or a second one of a topic that is gone
        already, changes nothing.
        """
        with self._statements.step():
            for redirect in redirects:
                self._merge(storable(redirect.old_id), storable(redirect.new_id), to_micros(redirect.at))

    def save_moves(self, moves: Sequence[StoredMove]) -> None:
        """Give the posts of clusters another topic, in order."""
        at = schema.posts.c
        with self._statements.step():
            for move in moves:
                mine = (at.cluster == move.cluster) & (at.topic_id == storable(move.old_id))
                self._statements.run(update(schema.posts).where(mine).values(topic_id=storable(move.new_id)))

    def save_switches(self, shard: str, switches: Sequence[StoredSwitch]) -> None:
        """Add changes of the encoder, in stream order."""
        rows = [
            {
                "shard": storable(shard),
                "at": to_micros(switch.at),
                "from_encoder": storable(switch.from_encoder),
                "to_encoder": storable(switch.to_encoder),
                "code": storable(switch.code),
                "reason": storable(switch.reason),
            }
            for switch in switches
        ]
        with self._statements.step():
            if rows:
                self._connection.execute(insert(schema.encoder_switches), rows)

    def save_ranks(self, brand_id: str, as_of: datetime, ranked: Sequence[str]) -> None:
        """The order of topic ids on the brand's board now; the order before is kept for movement."""
        at = schema.ranks.c
        brand = storable(brand_id)
        with self._statements.step():
            self._statements.upsert(schema.rankings, [{"brand_id": brand, "as_of": to_micros(as_of)}])
            before = self._statements.run(select(at.topic_id, at.rank).where(at.brand_id == brand))
            previous = {row.topic_id: row.rank for row in before}
            self._statements.run(delete(schema.ranks).where(at.brand_id == brand))
            gone = self._statements.final_topics(ranked)
            order = [topic for topic in dict.fromkeys(map(storable, ranked)) if topic not in gone]
            rows = [
                {"brand_id": brand, "topic_id": topic, "rank": rank, "previous_rank": previous.get(topic)}
                for rank, topic in enumerate(order, start=1)
            ]
            self._statements.upsert(schema.ranks, rows)

    def save_brands(self, brands: Sequence[StoredBrand]) -> None:
        """Insert or replace profiles."""
        rows = [
            {"brand_id": storable(brand.brand_id), "name": storable(brand.name), "toml": storable(brand.toml)}
            for brand in brands
        ]
        with self._statements.step():
            self._statements.upsert(schema.brands, last_of_each(rows, "brand_id"))

    def save_markets(self, markets: Sequence[MarketReading]) -> None:
        """Replace the latest reading of each brand's market."""
        rows = [{"brand_id": storable(market.brand_id), "payload": to_payload(market)} for market in markets]
        with self._statements.step():
            self._statements.upsert(schema.markets, last_of_each(rows, "brand_id"))

    def add_counts(self, shard: str, counts: Mapping[str, int]) -> None:
        """Add to named running totals."""
        rows = [{"shard": storable(shard), "name": storable(name), "total": n} for name, n in sorted(counts.items())]
        with self._statements.step():
            self._statements.upsert(schema.counts, rows, add="total")

    def enqueue(self, alerts: Iterable[Alert]) -> None:
        """Put alerts in the outbox, due at once; one with a known ``dedup_key`` is ignored, also when sent."""
        with self._statements.step():
            for alert in alerts:
                key = storable(alert.dedup_key)
                row = {
                    "dedup_key": key,
                    "state": WAITING,
                    "retry_at": 0,
                    "created_at": to_micros(alert.created_at),
                    "attempts": 0,
                    "payload": to_payload(msgspec.structs.replace(alert, quotes=())),
                }
                if self._statements.insert_new(schema.outbox, row):
                    quotes = [
                        {"dedup_key": key, "number": number, "post_id": storable(post_id), "text": storable(text)}
                        for number, (post_id, text) in enumerate(alert.quotes)
                        if post_id
                    ]
                    self._statements.upsert(schema.alert_quotes, quotes)

    def finish(self, written_at: datetime) -> None:
        """Last step before the commit: stamp it.

        Raises
        ------
        FatalError
            An earlier step failed and the caller went on.
        """
        with self._statements.step():
            # The one row every shard writes: locked last, so it is held shortest.
            self._statements.upsert(schema.last_commit, [{"id": 1, "written_at": to_micros(written_at)}])

    def _merge(self, old: str, new: str, at: int) -> None:
        gone = self._statements.final_topics((old, new))
        new = gone.get(new, new)
        if old in gone or old == new:
            return
        links, post = schema.redirects, schema.posts
        self._statements.run(update(links).where(links.c.new_id == old).values(new_id=new))
        self._statements.run(insert(links).values(old_id=old, new_id=new, at=at))
        self._statements.run(update(post).where(post.c.topic_id == old).values(topic_id=new))
        for table in (schema.reports, schema.verdicts, schema.ranks):
            self._statements.run(delete(table).where(table.c.topic_id == old))
        self.merge_archive(old, new)

    def _changes_of_kind(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        at = schema.verdicts.c
        kinds: dict[tuple[str, str], str] = {}
        for ids in in_chunks(row["topic_id"] for row in rows):
            mine = self._statements.one_of(at.topic_id, ids)
            known = self._statements.run(select(at.topic_id, at.brand_id, at.kind).where(mine))
            kinds.update(((row.topic_id, row.brand_id), row.kind) for row in known)
        changes = []
        for row in rows:
            key = (row["topic_id"], row["brand_id"])
            if kinds.get(key) != row["kind"]:
                kinds[key] = row["kind"]
                changes.append({name: row[name] for name in ("brand_id", "topic_id", "as_of", "kind")})
        return changes
