"""A topic is named as people say it, in its own language; never with stop words, always somehow, and it stays."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.words import words
from pipeline.topics.naming.label_parts import MAX_LABEL_CHARS
from pipeline.topics.naming.naming import N_KEYWORDS, NO_TEXT, TopicName
from tests.demo_shard import make_trace
from tests.pipeline.topics.naming.named_topics import FLOOD, STOP_WORDS, namer, rare, traces

QUAKE = [
    "Stanotte un forte terremoto in Valdena, paura tra la gente",
    "Il terremoto in Valdena ha svegliato tutti",
    "Ancora scosse dopo il terremoto in Valdena",
    "Siamo tutti in strada per il terremoto in Valdena!",
]


def test_words_frequent_inside_and_rare_outside_make_the_name() -> None:
    name = namer().name(traces(FLOOD), rare)
    assert {"valdena", "flood"} <= set(name.keywords[:3])
    assert "Valdena" in name.label, "a name keeps its capitals"
    assert "flood" in name.label.lower()


def test_a_phrase_people_share_is_the_label_with_the_links_inside_it() -> None:
    assert namer().name(traces(QUAKE, "it"), rare).label == "Terremoto in Valdena"


def test_an_elided_article_stays_where_it_belongs() -> None:
    said = ["Stasera c'è la Notte d'Oro al faro", "Alla Notte d'Oro tutti in abito", "che bella la Notte d'Oro"]
    assert namer().name(traces(said, "it"), rare).label.startswith("Notte d'Oro")


def test_the_article_of_a_name_belongs_to_it() -> None:
    said = ["Il comizio di Rita Le Monti", "Parla Le Monti stasera", "Votate Le Monti!", "Non voto Le Monti"]
    assert "Le Monti" in namer().name(traces(said, "it"), rare).label


def test_a_hashtag_is_read_as_its_words() -> None:
    tagged = traces([f"{text} #RepairDay2022" for text in ("Fix a lamp", "A lamp shines", "My lamp!", "One lamp")])
    name = namer().name(tagged, rare)
    assert "Repair Day 2022" in name.label
    assert "#" not in name.label


def test_a_hashtag_in_small_letters_is_cut_where_the_posts_know_its_words() -> None:
    said = ["a repair cafe in town", "the cafe can repair it", "#repaircafe", "#repaircafe is open", "my #repaircafe"]
    assert namer().name(traces(said), rare).label == "Repair Cafe"
    unknown = ["lamps here", "lamps there", "#qwzrtcafe", "#qwzrtcafe is open", "my #qwzrtcafe"]
    assert "Qwzrtcafe" in namer().name(traces(unknown), rare).label


def test_one_thing_is_one_keyword() -> None:
    said = ["goal and goals", "What a goal #WorldCup", "Goals at the World Cup", "World Cup goal", "#worldcup goals"]
    keywords = namer().name(traces(said), rare).keywords
    assert sum("goal" in keyword for keyword in keywords) == 1
    assert sum("cup" in keyword for keyword in keywords) == 1


def test_the_label_speaks_the_language_of_most_posts() -> None:
    mixed = traces(QUAKE, "it") + traces(["An earthquake in the night", "earthquake! stay safe"], "en", start=10)
    assert "erremoto" in namer().name(mixed, rare).label
    most = traces(QUAKE[:2], "it") + traces([f"earthquake in the north, part {i}" for i in range(9)], "en", start=10)
    assert "arthquake" in namer().name(most, rare).label


def test_the_label_does_not_change_language_with_every_post() -> None:
    italian, english = traces(QUAKE, "it"), traces([f"earthquake in the north, part {i}" for i in range(4)], start=10)
    first = namer().name(italian, rare)
    assert "arthquake" in namer().name(italian + english, rare).label, "otherwise this proves nothing"
    assert namer().name(italian + english, rare, first).label == first.label


def test_posts_without_capitals_get_a_headline() -> None:
    said = [f"bank of valdena fined {word}" for word in ("heavily", "twice", "again", "officially")]
    assert namer().name(traces(said), rare).label.startswith("Bank of Valdena")


def test_one_loud_author_does_not_name_the_topic() -> None:
    crowd = traces([f"The old bridge is gone, says voice number {i}" for i in range(12)])
    loud = [
        make_trace(100 + i, author=7, text=text, tokens=words(text))
        for i, text in enumerate(f"Buy golden umbrella {i}" for i in range(30))
    ]
    assert namer().name(crowd + loud, rare).label.startswith("Old bridge")


def test_copies_count_once() -> None:
    copied = traces(["Win a golden umbrella"] * 40) + traces(FLOOD, start=50)
    assert "mbrella" not in namer().name(copied, rare).label


def test_a_topic_that_is_the_whole_stream_has_a_label_too() -> None:
    said = traces(FLOOD)
    everywhere = {word: sum(word in trace.tokens for trace in said) / 4 for trace in said for word in trace.tokens}
    assert "Valdena" in namer().name(said, lambda word: everywhere.get(word, 0.0)).label


def test_a_sub_conversation_does_not_repeat_its_topic() -> None:
    said = ["Valdena flood: the bakery gives bread", "Bread from the bakery, Valdena flood", "bakery bread, flood"]
    assert "lood" in namer().name(traces(said), rare).label
    inside = namer().name(traces(said), rare, around="Valdena flood").label
    assert "lood" not in inside
    assert "read" in inside
    only = traces(["Valdena flood", "the Valdena flood", "Valdena flood!"])
    assert "flood" in namer().name(only, rare, around="Valdena flood").label, "nothing else to say: said again"


def test_the_label_stays_while_it_is_nearly_as_good() -> None:
    first = namer().name(traces(FLOOD), rare)
    more = traces([*FLOOD, "Boots, boots, boots for Valdena", "Boots after the flood", "More boots!"])
    assert namer().name(more, rare).label != first.label, "otherwise this proves nothing"
    assert namer().name(more, rare, previous=first).label == first.label


def test_the_label_goes_when_it_is_said_no_more_or_another_is_clearly_better() -> None:
    old = namer().name(traces(FLOOD), rare)
    assert "Valdena" not in namer().name(traces(["The new mayor speaks"] * 2 + ["new mayor!"]), rare, old).label
    hardly = TopicName("Soup", ())
    assert namer().name(traces(FLOOD), rare, previous=hardly).label != "Soup"


def test_a_restart_gives_the_same_name() -> None:
    lived = namer()
    name: TopicName | None = None
    posts = traces([*FLOOD, *(f"Boots for Valdena, crate {i}" for i in range(20))])
    for n in range(2, len(posts), 3):
        reborn = namer().name(posts[:n], rare, name)
        name = lived.name(posts[:n], rare, name)
        assert name == reborn


def test_the_order_of_posts_does_not_change_the_name() -> None:
    posts = traces(FLOOD)
    shuffled = random.Random(3).sample(posts, len(posts))
    assert namer().name(posts, rare) == namer().name(shuffled, rare)


@pytest.mark.parametrize(("texts", "label"), [(["", ""], NO_TEXT), ([], NO_TEXT), (["🙂"], "🙂"), (["of"], "of")])
def test_a_topic_without_words_has_a_label_too(texts: list[str], label: str) -> None:
    assert namer().name(traces(texts), rare) == TopicName(label, ())


PIECES = ("The", "the", "flood", "Valdena", "of", "dell'acqua", "l'Aquila", "#OldBridge", "old", "2022", "🙂", "isn't")
TEXTS = st.lists(
    st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)), max_size=12
)


@settings(max_examples=120, deadline=None)
@given(texts=TEXTS, before=TEXTS, language=st.sampled_from(["en", "it", "zz"]), share=st.floats(0, 1))
def test_any_text_gives_a_bounded_name_and_the_same_again(
    texts: list[str], before: list[str], language: str, share: float
) -> None:
    known = namer()
    old = known.name(traces(before, language), lambda _word: share)
    name = known.name(traces(texts, language), lambda _word: share, old)
    assert name.label.strip()
    assert len(name.label) <= MAX_LABEL_CHARS + len("…")
    assert len(name.keywords) <= N_KEYWORDS
    assert len(set(name.keywords)) == len(name.keywords)
    assert not set(name.keywords) & STOP_WORDS.of(language)
    assert name == namer().name(traces(texts, language), lambda _word: share, old)
    again = namer().name(traces(texts, language), lambda _word: share, name)
    assert again.label == name.label, "nothing new was said"
