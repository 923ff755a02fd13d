"""Opinions and the versions of a profile they lead to, in a store: gives, reads and applies; decides nothing."""

from __future__ import annotations

from datetime import datetime

import msgspec

from configs.errors import InputError
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.toml import parse_profile
from pipeline.brand.profile.versions import profile_of, save_version, stored_brand
from pipeline.services.feedback.proposal import ProposedChange, propose
from pipeline.store.contract import Store, StoreReader
from pipeline.store.records import StoredFeedback
from pipeline.types import VerdictKind

FROM_FEEDBACK = "feedback "
"""How the note of a version begins that opinions made; what a person wrote by hand is the base of the next proposal."""


class ProfileBase(msgspec.Struct, frozen=True):
    """The profile as a person last wrote it, since when (``None``: since ever), and the one in force."""

    base: BrandProfile
    since: datetime | None
    current: BrandProfile


def give_opinion(
    store: Store,
    topic_id: str,
    brand_id: str,
    right: bool,
    at: datetime,
    *,
    by: str,
    channel: str,
    wanted: VerdictKind | None = None,
    note: str = "",
) -> StoredFeedback:
    """Keep what somebody says of the latest verdict on a topic, with that verdict and its measurements.

    Raises
    ------
    InputError
        The store has no such topic, or no verdict on it for the brand.
    """
    report = store.report(topic_id)
    if report is None:
        raise InputError(f"{topic_id}: is no topic of the store; the board shows a topic's id in its address")
    verdict = next((found for found in store.verdicts(topic_id) if found.brand_id == brand_id), None)
    if verdict is None:
        raise InputError(f"{brand_id}: has no verdict on {topic_id}")
    opinion = StoredFeedback(
        id=0,
        brand_id=brand_id,
        topic_id=report.topic_id,
        at=at,
        by=by.strip() or channel,
        channel=channel,
        right=right,
        wanted=None if right else wanted,
        note=note.strip(),
        verdict=verdict,
        report=report,
    )
    with store.transaction() as tx:
        tx.save_feedback(opinion)
    return opinion


def base_of(store: StoreReader, brand_id: str) -> ProfileBase:
    """What the next proposal starts from.

    Raises
    ------
    InputError
        The store does not know the brand.
    """
    stored = {brand.brand_id: brand for brand in store.brands()}
    readable = [(version, profile_of(version)) for version in store.profile_versions(brand_id)]
    known = [(version, profile) for version, profile in readable if profile is not None]
    if not known:
        if brand_id not in stored:
            raise InputError(
                f"{brand_id}: is not a brand of the store; it knows: {', '.join(sorted(stored)) or 'none'}"
            )
        profile = parse_profile(stored[brand_id].toml, f"the stored profile of {brand_id}")
        return ProfileBase(profile, None, profile)
    current = known[0][1]
    by_hand = next(((v, p) for v, p in known if not v.note.startswith(FROM_FEEDBACK)), None)
    if by_hand is None:
        return ProfileBase(known[-1][1], None, current)
    return ProfileBase(by_hand[1], by_hand[0].saved_at, current)


def proposal_of(store: StoreReader, brand_id: str, defaults: tuple[float, float], at: datetime) -> ProposedChange:
    """The change that the opinions since the last hand-made version ask for.

    Parameters
    ----------
    defaults
        The deployment's (ride, watch) percentiles.
    at
        Now.
    """
    start = base_of(store, brand_id)
    return propose(start.base, start.current, store.feedback(brand_id, start.since), defaults, at)


def apply_proposal(
    store: Store,
    brand_id: str,
    digest: str,
    defaults: tuple[float, float],
    at: datetime,
    *,
    author: str,
    note: str = "",
) -> int:
    """Make the proposal that was shown the newest version of the profile; returns its number.

    Raises
    ------
    InputError
        Nothing is proposed, or something else than what was shown: opinions came in since.
    """
    proposal = proposal_of(store, brand_id, defaults, at)
    if not proposal.changes:
        raise InputError(f"{brand_id}: there is nothing to apply: {proposal.why_not}")
    if not digest or proposal.digest != digest:
        raise InputError(
            f"{brand_id}: the proposal is {proposal.digest} now, not {digest or 'any'}; look at it again, then apply it"
        )
    why = f"{FROM_FEEDBACK}{proposal.digest}, {proposal.n_counted} opinions. {note}".strip()
    number = save_version(store, proposal.profile, author, why, at)
    with store.transaction() as tx:
        tx.save_brands([stored_brand(proposal.profile)])
    return number
