"""What people ask of the store, built: backtests, drafts of posts and of profiles."""

from __future__ import annotations

from collections.abc import Sequence

from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.profile.profile import BrandProfile
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.language import LanguageDetector
from pipeline.services.backtest.backtester import Backtester
from pipeline.services.draft_check.draft_risks import fit_draft_risks
from pipeline.services.draft_check.draft_words import load_draft_words
from pipeline.services.draft_check.reader import DraftReader
from pipeline.services.profile_draft.profile_draft import Drafter
from pipeline.text.words import clean
from pipeline.topics.naming.stop_words import StopWords
from pipeline.verdict.rules import rules_of
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import Models
from pipeline.wiring.track import build_fitter


def build_backtester(settings: Settings, models: Models) -> Backtester:
    """What judges stored topics again."""
    return Backtester(
        lambda profiles: build_fitter(models, profiles),
        lambda profile: rules_of(profile, settings.verdict, settings.report),
        models.encoder.id,
    )


def build_draft_reader(settings: Settings, models: Models, profile: BrandProfile) -> DraftReader:
    """What reads drafts for one brand; fits the heads of ``draft_risks.toml`` (a second)."""
    risks = fit_draft_risks(load_seeds(CONFIGS_DIR / "draft_risks.toml"), models.encoder)
    return DraftReader(
        profile,
        build_enricher(settings, models),
        build_fitter(models, [profile]),
        risks,
        models.seeds,
        load_draft_words(),
    )


def build_drafter(models: Models) -> Drafter:
    """What drafts a profile from guidelines."""
    detector = LanguageDetector()

    def chunks_of(texts: Sequence[str], language: str | None) -> list[tuple[str, ...]]:
        return [parsed.chunks for parsed in models.entities.parse(texts, language)]

    return Drafter(
        place=lambda texts: models.space.place(models.encoder.encode([clean(text) for text in texts])),
        language_of=lambda texts: detector.detect(texts, [()] * len(texts)),
        chunks_of=chunks_of,
        stop_words=StopWords().of,
    )
