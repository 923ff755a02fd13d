"""The judge of a running process: that of the profiles in force, made anew when newer versions are saved.

A saved version reaches a worker at its next step: the shard is loaded again from what is stored, with the new profiles,
and every topic that was judged by others is read again at the next tick of event time. Each verdict carries the
version it was made with, so what was judged by what, and from when, is on record; a crash in between changes nothing,
because what is still to be judged again is told from the stored verdicts themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from configs.errors import ConfigError
from pipeline.brand.profile.versions import NumberedProfile, ProfileWatch
from pipeline.track.brand_judge import BrandJudge

log = logging.getLogger("trendsieve.profiles")


class Judges(Protocol):
    """Where a worker gets its judge."""

    def current(self) -> BrandJudge:
        """The judge to work with from now on; its memory is the caller's to restore."""

    def outdated(self) -> bool:
        """Whether another judge is due: the caller loads its shard again and asks :meth:`current`."""


class LiveJudge:
    """Follows the versions in the store.

    Parameters
    ----------
    watch
        Tells which profiles are in force.
    build
        Makes a judge of them.
    """

    def __init__(self, watch: ProfileWatch, build: Callable[[Sequence[NumberedProfile]], BrandJudge]) -> None:
        self._watch = watch
        self._build = build
        self._made_of: tuple[NumberedProfile, ...] = ()
        self._judge: BrandJudge | None = None

    def current(self) -> BrandJudge:
        """The judge of the profiles in force.

        Raises
        ------
        ConfigError
            A profile cannot be used (its audience file is away, say) and there is no judge yet. Later such a version is
            passed over: the judge stays who it was, and the log says why.
        """
        profiles = self._watch.current()
        if self._judge is None or profiles != self._made_of:
            try:
                self._judge = self._build(profiles)
            except ConfigError:
                if self._judge is None:
                    raise
                log.exception("a saved profile cannot be used; the one before stays in force")
            self._made_of = profiles
        return self._judge

    def outdated(self) -> bool:
        """Whether newer versions are in the store."""
        return self._watch.outdated()
