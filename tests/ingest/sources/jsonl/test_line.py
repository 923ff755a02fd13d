"""One JSONL line as a post: every field, and every wrong type of one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from configs.errors import BadRecord
from ingest.event_time import EventClock
from ingest.post import Author, Metrics, Post
from ingest.sources.jsonl.line import parse_line

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def parse(line: bytes | dict[str, Any]) -> Post:
    data = line if isinstance(line, bytes) else json.dumps(line).encode()
    return parse_line(data, EventClock(clock, "archive"), fallback_id="line:x")


def test_every_field_arrives() -> None:
    post = parse(
        {
            "id": "p1",
            "text": "Cafe\u0301 con @chiara #Forno",
            "created_at": "2026-11-20T10:00:00+01:00",
            "author": {"id": 9, "handle": "@Anna", "followers": 12.0, "is_bot": False},
            "lang": "it",
            "reply_to": 4,
            "links": ["https://a.example", 3],
            "hashtags": ["#Pane"],
            "metrics": {"likes": 3, "replies": -1},
            "reposts": 0,
            "source": "x",
            "rev": 2,
            "title": "Titolo",
            "url": "https://x.example/p1",
        }
    )
    assert post.text == "Caf\u00e9 con @chiara #Forno"
    assert (post.created_at, post.event_time, post.time_flag) == (NOW - timedelta(hours=27),) * 2 + (None,)
    assert post.author == Author("9", "Anna", 12, False)
    assert (post.kind, post.reply_to, post.rev, post.source) == ("reply", "4", 2, "x")
    assert (post.lang_declared, post.links, post.hashtags) == (("it",), ("https://a.example",), ("pane",))
    assert post.mentions == ("chiara",)
    assert post.metrics == Metrics(likes=3, reposts=0)
    assert (post.title, post.url) == ("Titolo", "https://x.example/p1")


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        ({"author": "@anna"}, Author("@anna", "anna")),
        ({"author": "anna", "handle": "@anna.b"}, Author("anna", "anna.b")),
        ({"author": "Anna Bianchi"}, Author("Anna Bianchi")),
        ({"author": 12}, Author("12", "12")),
        ({"handle": "@anna"}, Author("@anna", "anna")),
        ({"author": {"handle": "anna"}}, Author("anna", "anna")),
        ({"author": {"followers": 3}}, None),
        ({"author": ""}, None),
        ({"author": ["anna"]}, None),
        ({}, None),
    ],
)
def test_authors(fields: dict[str, Any], author: Author | None) -> None:
    assert parse({"text": "t", **fields}).author == author


@pytest.mark.parametrize("value", [True, [], {}, "many", -1, 2.5, 2**63, None])
def test_an_optional_field_of_a_wrong_type_is_unknown(value: object) -> None:
    post = parse({"text": "t", "likes": value, "metrics": value, "rev": value, "links": [value], "kind": value})
    assert (post.metrics, post.rev, post.kind) == (None, 0, "post")


def test_a_missing_number_written_as_nan_loses_no_post() -> None:
    assert parse(b'{"text": "t", "likes": NaN, "created_at": NaN}').time_flag == "missing"


def test_an_empty_text_is_kept_and_half_a_surrogate_is_dropped() -> None:
    assert parse({"text": ""}).text == ""
    assert parse(b'{"text": "a\\ud800b\\u0000c \\ud83e\\udd56"}').text == "abc 🥖"


def test_a_long_text_is_cut_between_graphemes() -> None:
    line = json.dumps({"text": "ab👩‍🍳"}, ensure_ascii=False).encode()
    assert parse_line(line, EventClock(clock, "archive"), fallback_id="line:x", max_text_chars=4).text == "ab"


def test_links_and_tags_come_from_the_text_only_without_their_field() -> None:
    text = "https://a.example #uno"
    assert (parse({"text": text}).links, parse({"text": text}).hashtags) == (("https://a.example",), ("uno",))
    given_fields = parse({"text": text, "urls": [], "hashtags": []})
    assert (given_fields.links, given_fields.hashtags) == ((), ())


def test_a_number_no_machine_counts_with_is_unknown() -> None:
    post = parse(b'{"text": "t", "reply_to": 1, "likes": 1, "author": 1, "created_at": 1}'.replace(b"1", b"9" * 400))
    assert (post.reply_to, post.metrics, post.author, post.time_flag) == (None, None, None, "unreadable")


def test_a_number_too_long_to_read_is_a_bad_record() -> None:
    with pytest.raises(BadRecord, match="not_json"):
        parse(b'{"text": "t", "surprise": ' + b"9" * 30_000 + b"}")


def test_a_line_too_deep_to_read_is_a_bad_record() -> None:
    with pytest.raises(BadRecord, match="not_json"):
        parse(b'{"text": ' + b"[" * 500_000 + b"]" * 500_000 + b"}")
