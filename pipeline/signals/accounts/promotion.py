"""Words of advertising in Italian and English, and of its disclosure.

One plain call to buy, one discount code or one disclosure is enough; of the weaker kinds of cue (an
offer, a price, something new, a brand's own voice, a call, a deadline, a shop link) two different ones
are needed, so that nobody sells by saying "offer" once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.text.phrases import MAX_CHARS

OFFER, PRICE, NOVELTY, OWN_VOICE, CALL, DEADLINE, SHOP_LINK, DECIDES = (1 << bit for bit in range(8, 16))
"""Bits of the kinds of cue, above those of ``PostMark``."""
WEAK = OFFER | PRICE | NOVELTY | OWN_VOICE | CALL | DEADLINE | SHOP_LINK
WEAK_NEEDED = 2
COMPLAINS = 0.5

DISCLOSURE_TAGS = frozenset(
    [
        "ad",
        "ads",
        "adv",
        "advertising",
        "advert",
        "gifted",
        "gifting",
        "hashtagad",
        "iltuoad",
        "inserzioneapagamento",
        "paidad",
        "paidpartnership",
        "partnershippagata",
        "pubblicità",
        "pubblicita",
        "sponsored",
        "sponsorizzato",
        "sponsorizzata",
        "suppliedby",
        "prodottofornitoda",
        "collaborazione",
        "ambassador",
        "brandambassador",
        "prpackage",
    ]
)
"""``#ad`` and its like; what the Italian and the English-speaking authorities ask for."""

DISCLOSURE_PHRASES = (
    "paid partnership",
    "paid promotion",
    "partnership a pagamento",
    "collaborazione retribuita",
    "post sponsorizzato",
    "contenuto sponsorizzato",
    "this post is sponsored by",
    "sponsored post",
    "post è sponsorizzato da",
    "advertisement",
    "messaggio promozionale",
    "gifted by",
    "prodotto omaggio",
)
COLLABORATION_PHRASES = (
    "in collaborazione con",
    "in partnership con",
    "in partnership with",
    "in collaboration with",
    "teamed up with",
    "working with",
)
"""Institutions say so too: a disclosure only where the post sells as well."""

_DECISIVE = """
        use code|use my code|use our code|promo code|discount code|coupon code|voucher code|enter code
        shop now|shop the|shop our|shop online|shop here|buy now|buy yours|buy it now|order now|order online
        order yours|order here|order today|get yours|grab yours|get it here|link in bio|link in our bio
        link in my bio|link in the bio|free shipping|free delivery|free returns|limited time offer
        limited time only|while stocks last|while supplies last|preorder now|pre order now|pre orders
        preorders are|on sale now|now on sale|sale ends|flash sale|black friday deals|cyber monday deals
        buy one get one|bogo|enter to win|sign up now|sign up today|sign up for free|book now|book your
        book today|book yours|reserve your|subscribe now|subscribe today|download our|download the app
        available now at|available now in|available in store|available in stores|in stores now
        in store and online|swipe up|tap the link|tap to shop|click the link to|visit our|check out our
        our new collection|introducing our|dm to order|dm us to|free trial|start your free|terms apply
        t&cs apply|terms and conditions apply|shop link|order via|order by|join our newsletter
        tickets available at|tickets on sale|tickets are on sale|get your tickets|limited stock
        back in stock|codice sconto|codice promo|codice promozionale|usa il codice|inserisci il codice
        acquista ora|acquista subito|acquista online|acquistalo|acquistala|compra ora|compra subito|compralo
        ordina ora|ordina subito|ordina online|ordinalo|ordina il tuo|ordina la tua|prenota ora
        prenota subito|prenota il tuo|prenota la tua|prenota il vostro|prenotate|link in biografia
        link nella bio|link nella nostra bio|spedizione gratuita|spedizione gratis|spedizione inclusa
        consegna gratuita|consegna gratis|reso gratuito|fino ad esaurimento|fino a esaurimento
        esaurimento scorte|offerta valida|offerta limitata|offerte valide|promo valida|promozione valida
        solo per oggi|solo per poche ore|prezzi a partire|prezzo speciale|prezzo lancio|iscriviti ora
        iscriviti subito|abbonati ora|scarica la app|scarica l'app|scarica gratis|provalo gratis
        prova gratuita|disponibile in negozio|disponibili in negozio|nei nostri negozi
        nei nostri punti vendita|nel nostro store|nel nostro shop|sul nostro sito|sul nostro shop
        sul nostro e commerce|in tutti i negozi|nei migliori negozi|passa a trovarci|vieni a trovarci
        venite a trovarci|vi aspettiamo in|ti aspettiamo in|ti aspettiamo da|scopri la collezione
        scopri la nuova|scopri i nostri|scopri le nostre|scopri la nostra|scopri il nostro
        scopri tutte le offerte|scopri le offerte|partecipa al concorso|partecipa al giveaway|scrivici in dm
        per ordini|per ordinare|per prenotare|info e prenotazioni|info e ordini|biglietti disponibili
        ultimi pezzi|ultimi posti|posti limitati|con un acquisto|sconti fino|sconto del
    """

_WEAK = {
    OFFER: """
        deals|discount|discounts|discounted|special offer|great offer|offers|promo|giveaway|coupon|voucher
        freebie|bundle|half price|cheapest|best price|lowest price|exclusive|gift card|cashback|free gift
        win prizes|rewards|on sale|early bird|save up to|sconto|sconti|scontato|scontati|scontata|offerta
        offerte|promozione|promozioni|in promozione|omaggio|regalo esclusivo|in regalo|gratis|vantaggi
        esclusiva|esclusivo|in offerta|convenienza|imperdibile|imperdibili|concorso|in palio|saldi|solo oggi
        super offerta|for free|a free|free with|month free|get a free|kids eat free|2 for 1|3 for 2|buy 3
        buy 2|3x2|2x1|metà prezzo|gratuito|gratuita|gratuiti|ai primi|prices drop|reductions|clearance|outlet|in regalo
        goody bag|carta fedeltà|loyalty card|free trial|guaranteed|freebies|savings|gift with
    """,
    DEADLINE: """
        until sunday|until monday|until tuesday|until wednesday|until thursday|until friday|until saturday
        until midnight|until the end of|this week only|this weekend only|this weekend|today only|tonight only
        all week|all day|ends tonight|ends today|ends on|ends sunday|last few|only a few
        days left|hours only|hours left
        this month|before noon|last chance|final days|entro il|entro domenica|entro lunedì|entro martedì|entro mercoledì
        entro giovedì|entro venerdì|entro sabato|entro fine|fino a domenica|fino a lunedì|fino a venerdì|fino a sabato
        fino a mezzanotte|solo questo|solo questa|ultimi giorni|ultime ore|ultimi pezzi|per tutto il mese
        tutti i mercoledì|ogni giovedì|da oggi|da domani|solo per|finisce stasera
    """,
    PRICE: """
        starting from|starting at|prices from|from just|from only|per person|a month|per month|a partire da
        a soli|a soli euro|al mese|solo euro|per persona
    """,
    NOVELTY: """
        new collection|new arrivals|new range|new menu|new flavour|new flavor|just landed|just launched
        just dropped|available now|now available|out now|launching|limited edition|coming soon|brand new
        new season|new drop|nuova collezione|nuovi arrivi|nuova linea|novità|appena arrivati|appena arrivato
        edizione limitata|disponibile da|disponibili da|ora disponibile|già disponibile|limited|lancio
        nuovo menu|nuovo menù|in arrivo
    """,
    OWN_VOICE: """
        our|nostro|nostra|nostri|nostre|da noi|con noi|ti aspetta|ti aspettano|vi aspetta|vi aspettano|in our
        in negozio|in store|in boutique|nello shop|dal sito|sul sito|on our|at our|online and|in concessionaria|showroom
        our customers|our guests|our team|our store|our stores|our shop|our app|our website|our products
        our range|our chefs|our baristas|our members|our latest|our new|our very own|we are excited
        we are proud|we are delighted|we've got|we are thrilled|proud to announce|excited to announce
        happy to announce|our friends at|our fleet|our community|nostri clienti|nostre clienti
        nostri prodotti|nostra collezione|nostro staff|nostro team|nostro negozio|nostro store|nostra app
        nostri esperti|nostra gamma|nostri chef|nostro menù|nostro menu|siamo felici di|siamo orgogliosi
        vi presentiamo|ti presentiamo|presentiamo|nostra linea|nostri corsi|nostre offerte
    """,
    CALL: """
        don't miss out|do not miss|hurry|discover|find out more|learn more|read more|stop by|come visit
        treat yourself|join us|register|sign up|subscribe|tag a friend|tag your|tag mate|follow us
        share this post|click here|tap here|try our|looking for the perfect|get ready|upgrade your
        celebrate with|save the date|in store|in bio|non perdere|non perderti|non perdete
        non lasciarti scappare|affrettati|affrettatevi|scopri|scopri di più|scoprite|approfitta|approfittane
        approfittate|iscriviti|abbonamento|registrati|seguici|tagga|condividi|clicca qui|clicca|pronti per
        pronta per|pronto per|festeggia con|regalati|concediti|acquista|acquisto|ordina|prenota|abbonati
        link qui|contattaci|scrivici|chiamaci|partecipa
    """,
}


def _listed(lines: str) -> Sequence[str]:
    return [phrase.strip() for line in lines.strip().splitlines() for phrase in line.split("|") if phrase.strip()]


PROMOTION_PHRASES: Mapping[int, Sequence[str]] = {
    DECIDES: _listed(_DECISIVE),
    **{bits: _listed(lines) for bits, lines in _WEAK.items()},
}
"""Bits -> phrases, for :class:`pipeline.text.phrases.PhraseTable`."""

_PRICE = re.compile(r"[€$£]\s?\d|\d\s?(?:€|£|eur\b|euro\b)", re.IGNORECASE)
_PERCENT_OFF = re.compile(
    r"(?<!\w)[-−]\s?\d{1,2}\s?%|\d{1,2}\s?%\s*(?:off|di sconto|sconto|discount|in meno)", re.IGNORECASE
)

_IMPERATIVE = re.compile(
    r"(?:^|[.!?:;,]\s+|\be\s+|\band\s+)(?:join|try|get|grab|book|order|shop|discover|visit|meet|treat|learn|register|"
    r"enjoy|unlock|upgrade|celebrate|pop into|claim|reserve|subscribe|say hello to|become|pre-?order|"
    r"scopri\w*|prenota\w*|ordina\w*|vieni|venite|scegli|regala\w*|passa|passate|acquista\w*|compra\w*|iscrivi\w+|"
    r"partecipa|vota|provate|prova|corri|chiama|approfitta\w*|segui|scrivici|abbonati|diventa|risparmi\w*|lasciati|"
    r"assaggia\w*|scarica|richiedi|viaggia|fai il pieno|tesserati|contattaci)\b",
    re.IGNORECASE,
)
"""A sentence that begins with an invitation to act."""
# "i" in lower case is an Italian article
_FIRST_PERSON = re.compile(r"\bI\b|\b(?i:my|me|ho|mi|mio|mia|miei|mie|sono stat[oa])\b")
_CODE = re.compile(r"\b(?:code|codice)[:\s]+[\"“'«]?[A-Z][A-Z0-9]{3,}\b")

_SHOP_HOSTS = frozenset(
    [
        "amazon",
        "amzn",
        "ebay",
        "etsy",
        "shopify",
        "myshopify",
        "aliexpress",
        "zalando",
        "asos",
        "shein",
        "vinted",
        "ticketone",
        "ticketmaster",
        "eventbrite",
    ]
)


def price_cues(text: str) -> int:
    """Bits for prices, discounts and codes in figures; nearly free for a text without their signs.

    Examples
    --------
    >>> price_cues("-20% su tutto") == DECIDES, price_cues("a 9,90 €") == PRICE, price_cues("il 20% dei votanti")
    (True, True, 0)
    >>> price_cues("15 in meno col codice ESTATE15") == DECIDES
    True
    """
    found = 0
    if "€" in text or "$" in text or "%" in text or "£" in text or "euro" in text:
        if _PERCENT_OFF.search(text):
            found |= DECIDES
        if _PRICE.search(text):
            found |= PRICE
    if ("code" in text or "codice" in text) and _CODE.search(text):
        found |= DECIDES
    return found


def shop_cues(hosts: Iterable[str]) -> int:
    """Bit for links to shops: a known market place, or a host called ``shop.`` or ``store.``.

    Examples
    --------
    >>> shop_cues(["store.example.org"]) == SHOP_LINK, shop_cues(["example.org"])
    (True, 0)
    """
    for host in hosts:
        labels = host.split(".")
        if labels[0] in ("shop", "store", "tickets") or not _SHOP_HOSTS.isdisjoint(labels):
            return SHOP_LINK
    return 0


def is_promotional(cues: int, text: str, negative: float) -> bool:
    """Whether the cues of a post add up to advertising.

    Parameters
    ----------
    cues
        All bits found.
    text
        Clean text; a call is looked for in it where one weak cue is there.
    negative
        P(negative): customers who complain name prices and vouchers too. Weak cues in a
        complaint, or in a story told by an "I", sell nothing.

    Examples
    --------
    >>> [is_promotional(cues, "", 0.1) for cues in (OFFER, OFFER | CALL, DECIDES)]
    [False, True, True]
    >>> is_promotional(PRICE, "Vota il panino e vinci una cena", 0.1), is_promotional(PRICE, "Che panino!", 0.1)
    (True, False)
    >>> is_promotional(OFFER | PRICE, "A $7 voucher. I wanted my flight.", 0.1)
    False
    """
    if cues & DECIDES:
        return True
    kinds = cues & WEAK
    if not kinds or negative >= COMPLAINS or _FIRST_PERSON.search(text[:MAX_CHARS]):
        return False
    if kinds.bit_count() < WEAK_NEEDED and _IMPERATIVE.search(text[:MAX_CHARS]):
        kinds |= CALL
    return kinds.bit_count() >= WEAK_NEEDED
