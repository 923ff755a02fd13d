"""Everything that is judged for a brand: ``eval fit | profiles | drafts | memory | rivals | verdicts``."""
