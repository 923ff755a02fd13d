"""Any brand profile that a file may hold, as strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from pipeline.brand.profile.profile import BrandProfile, Competitor, Expert, Facet, Thresholds

texts = st.text(max_size=30)
names = st.text(min_size=1, max_size=12)
lists = st.lists(texts, max_size=3).map(tuple)
said = st.text(min_size=1, max_size=30).filter(str.strip)
facets = st.builds(
    Facet,
    text=said
    | st.dictionaries(st.text(max_size=4), texts, min_size=1, max_size=3).filter(
        lambda by_language: any(text.strip() for text in by_language.values())
    ),
    name=texts,
    weight=st.floats(min_value=0, exclude_min=True, allow_infinity=False) | st.just(1.0),
    examples=lists,
)
percentiles = st.none() | st.floats(min_value=50, max_value=100)
profiles = st.builds(
    BrandProfile,
    id=st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,8}\Z"),
    name=names,
    facets=st.lists(facets, min_size=1, max_size=3, unique_by=Facet.label).map(tuple),
    essence=texts,
    tone=lists,
    no_go=lists,
    handles=lists,
    audience=lists | texts,
    competitors=st.lists(st.builds(Competitor, name=names, handles=lists), max_size=2).map(tuple),
    experts=st.lists(st.builds(Expert, name=names, role=texts, fields=lists), max_size=2).map(tuple),
    thresholds=st.builds(Thresholds, ride_percentile=percentiles, watch_percentile=percentiles),
)
