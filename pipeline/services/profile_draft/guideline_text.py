"""Brand guidelines or an about page, as pasted, read into passages: sentences and list items under their headings.

HTML is told from plain text by its tags; scripts, styles, navigation and footers are left out. Plain text may be
Markdown or copied from a document, with lines broken anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import msgspec

from pipeline.services.profile_draft.guideline_words import guideline_words

MAX_HEADING_CHARS = 70
MAX_HEADING_WORDS = 9
_WRAPPED_FROM = 55
"""A line this long without an end goes on in the next one."""

_HTML = re.compile(r"<(?:html|body|head|div|p|h[1-6]|ul|ol|li|br|section|article|table)\b[^<>]*>", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•·‣▪–—✓✗✘×]|\d{1,2}[.)])\s+")
_MARKDOWN_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"^\s*(?:={3,}|-{3,})\s*$")
_EMPHASIS = re.compile(r"(\*\*|__|`)(.+?)\1")
_MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)[^)]*\)")
_ENDED = re.compile(r"[.!?…;:,]['\"”»)]*$")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”»)]?\s+(?=[\"“«(]?[A-ZÀ-ÖØ-Þ0-9@#])")


class Passage(msgspec.Struct, frozen=True):
    """One sentence, list item or heading. ``heading`` is what it stands under, "" at the beginning."""

    text: str
    heading: str = ""
    is_heading: bool = False
    is_item: bool = False


class GuidelineText(msgspec.Struct, frozen=True):
    """What was pasted. ``title`` and ``site`` name the page, ``summary`` describes it, ``links`` are its addresses: all
    from HTML only, "" or empty where there are none."""

    passages: tuple[Passage, ...]
    title: str = ""
    site: str = ""
    summary: str = ""
    links: tuple[str, ...] = ()


def joined(texts: Sequence[GuidelineText]) -> GuidelineText:
    """Several texts about one brand as one; the first that has a title, a site or a summary names it."""
    return GuidelineText(
        tuple(passage for text in texts for passage in text.passages),
        next((text.title for text in texts if text.title), ""),
        next((text.site for text in texts if text.site), ""),
        next((text.summary for text in texts if text.summary), ""),
        tuple(link for text in texts for link in text.links),
    )


def read_guidelines(text: str) -> GuidelineText:
    """Read pasted text; anything is legal, also nothing.

    Examples
    --------
    >>> [passage.text for passage in read_guidelines("## Tone\\nWarm. Never loud.\\n- Slow\\n").passages]
    ['Tone', 'Warm.', 'Never loud.', 'Slow']
    >>> read_guidelines("<title>B</title><p>We bake &amp; brew.</p><script>x()</script>").passages[0].text
    'We bake & brew.'
    """
    if not _HTML.search(text):
        return GuidelineText(_passages(_plain_blocks(text)))
    page = _Page()
    page.feed(text)
    page.close()
    page.flush()
    return GuidelineText(_passages(page.blocks), page.title, page.site, page.summary, tuple(dict.fromkeys(page.links)))


class _Block(msgspec.Struct):
    """A run of text that belongs together; ``kind``: ``prose``, ``item``, ``heading`` or ``title`` (of everything)."""

    kind: str
    text: str


class _Page(HTMLParser):
    """Collects the text of a page, block by block."""

    _SILENT = frozenset({"script", "style", "nav", "footer", "template", "noscript", "svg", "form", "button", "select"})
    _HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"})
    _BLOCKS = _HEADINGS | frozenset(
        {
            "p",
            "div",
            "li",
            "ul",
            "ol",
            "section",
            "article",
            "td",
            "th",
            "tr",
            "br",
            "dd",
            "blockquote",
            "main",
            "header",
        }
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[_Block] = []
        self.links: list[str] = []
        self.title = self.site = self.summary = ""
        self._silent: list[str] = []
        self._kind = "prose"
        self._parts: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])  # of the footer too: that is where the accounts are
        if tag in self._SILENT:
            self._silent.append(tag)
        elif tag == "title":
            self._in_title = True
        elif tag == "meta":
            self._describe(given)
        elif tag in self._BLOCKS:
            self.flush()
            plain = "item" if tag == "li" else "prose"
            self._kind = "title" if tag == "h1" else "heading" if tag in self._HEADINGS else plain

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            self._silent = self._silent[: self._silent.index(tag)]
        elif tag == "title":
            self._in_title = False
        elif tag in self._BLOCKS:
            self.flush()
            self._kind = "prose"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = " ".join(f"{self.title} {data}".split())
        elif not self._silent:
            self._parts.append(data)

    def flush(self) -> None:
        """End the block that is open."""
        text = " ".join("".join(self._parts).split())
        if text:
            self.blocks.append(_Block(self._kind, text))
        self._parts = []

    def _describe(self, given: dict[str, str]) -> None:
        name, content = given.get("name", "") or given.get("property", ""), " ".join(given.get("content", "").split())
        if name in ("description", "og:description"):
            self.summary = self.summary or content
        elif name == "og:site_name":
            self.site = content


def _plain_blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    lines = [_without_marks(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    open_block = False
    for i, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or _UNDERLINE.match(line):
            if _UNDERLINE.match(line) and i and lines[i - 1].strip() and blocks:
                blocks[-1].kind = "heading"
            open_block = False
            continue
        marked = _MARKDOWN_HEADING.match(line)
        if marked:
            blocks.append(_Block("title" if marked.group(1) == "#" else "heading", marked.group(2)))
            open_block = False
        elif _BULLET.match(line):
            blocks.append(_Block("item", _BULLET.sub("", stripped, count=1)))
            open_block = _goes_on(stripped)
        elif open_block:
            blocks[-1].text += f" {stripped}"
            open_block = _goes_on(stripped)
        elif not blocks and _is_title(stripped, lines[i + 1 :]):
            blocks.append(_Block("title", stripped))
        elif _looks_like_heading(stripped):
            # short lines right below a heading are what it announces, unless they shout
            above = lines[i - 1].strip() if i else ""
            listed = bool(above) and (blocks[-1].kind != "prose" or not _ENDED.search(above))
            blocks.append(_Block("item" if listed and not stripped.isupper() else "heading", stripped))
        else:
            blocks.append(_Block("prose", stripped))
            open_block = _goes_on(stripped)
    return blocks


def _without_marks(line: str) -> str:
    """Markdown's emphasis and links read as their words; the address stays behind them."""
    return _EMPHASIS.sub(r"\2", _MARKDOWN_LINK.sub(r"\1 \2", line))


def _goes_on(line: str) -> bool:
    return len(line) >= _WRAPPED_FROM and not re.search(r"[.!?…:]['\"”»)]*$", line)


def _is_title(line: str, rest: list[str]) -> bool:
    """The first line of a text, when it stands alone and is no sentence."""
    return len(line) <= MAX_HEADING_CHARS and not re.search(r"[.!?]$", line) and bool(rest) and not rest[0].strip()


def _looks_like_heading(line: str) -> bool:
    """
    Examples
    --------
    >>> [_looks_like_heading(line) for line in ("What we avoid", "Di cosa parliamo:", "We bake.", "@bakery")]
    [True, True, False, False]
    >>> _looks_like_heading("Ada Miller, head baker"), _looks_like_heading("Tone: warm")
    (False, False)
    """
    if len(line) > MAX_HEADING_CHARS or len(line.split()) > MAX_HEADING_WORDS or not line[0].isalpha():
        return False
    return line.endswith(":") or not (_ENDED.search(line) or ", " in line or ": " in line)


def _passages(blocks: list[_Block]) -> tuple[Passage, ...]:
    found: list[Passage] = []
    heading = ""
    for block in blocks:
        if block.kind in ("heading", "title"):
            # what a title announces is everything below it, so it tells nothing apart
            heading = block.text.rstrip(":").strip() if block.kind == "heading" else ""
            found.append(Passage(block.text, heading, is_heading=True))
            continue
        is_item = block.kind == "item"
        if not is_item and block.text.endswith(":") and len(block.text) <= MAX_HEADING_CHARS:
            heading = block.text.rstrip(":").strip()
            found.append(Passage(heading, heading, is_heading=True))
            continue
        found += [Passage(sentence, heading, is_item=is_item) for sentence in sentences(block.text)]
    return tuple(found)


def sentences(text: str) -> list[str]:
    """Sentences of a text, in order.

    Examples
    --------
    >>> sentences("We bake. P. Rossi helps! Why? Because.")
    ['We bake.', 'P. Rossi helps!', 'Why?', 'Because.']
    """
    found: list[str] = []
    for piece in _SENTENCE_END.split(" ".join(text.split())):
        if found and guideline_words().abbreviated.search(found[-1]):
            found[-1] += f" {piece}"
        elif piece.strip():
            found.append(piece.strip())
    return found
