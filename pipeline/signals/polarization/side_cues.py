"""Words with which a post itself takes a side: for something, against it, or choosing it over something else.

Positions only (support, vote, boycott, "must resign"). Praise and complaints ("the best", "I love", "worst flight
ever") are left out on purpose: a product with good and bad reviews is not a topic with two camps.
"""

from __future__ import annotations

SUPPORT_BEFORE = (
    *("i support", "we support", "proudly support", "support for", "supporting", "i back", "we back"),
    *("in favor of", "in favour of", "yes to", "long live", "hands off", "save", "defend", "protect", "i trust"),
    *("i believe in", "we need to keep", "standing up for", "thank god for", "pro"),
    *("sono a favore di", "sono a favore del", "sono a favore della", "sono a favore dei", "sono a favore delle"),
    *("siamo a favore di", "siamo a favore del", "siamo a favore della", "siamo a favore dei"),
    *("sono favorevole a", "sono favorevole al", "sono favorevole alla", "favorevoli a", "favorevoli al"),
    *("favorevoli alla", "sostengo", "sosteniamo", "appoggio", "appoggiamo", "difendo", "difendiamo", "viva"),
    *("evviva", "sì al", "sì alla", "sì ai", "sì alle", "sì agli", "sì allo", "sì all", "sì a", "si alla", "si ai"),
    *("si alle", "avanti con", "giù le mani dal", "giù le mani dalla", "giù le mani da", "salviamo", "credo in"),
)
"""The thing follows: "we support the strike"."""

OPPOSE_BEFORE = (
    *("i don t support", "i do not support", "we don t support", "i can t support", "i no longer support"),
    *("i oppose", "we oppose", "oppose", "opposed to", "i m against", "i am against", "we re against"),
    *("we are against", "all against", "stand against", "stood against", "vote against", "voted against"),
    *("voting against", "fight against", "fighting against", "march against", "protest against", "no to", "no more"),
    *("say no to", "stop", "boycott", "boycotting", "ban", "abolish", "repeal", "dump", "defund", "down with"),
    *("vote out", "vote them out", "shame on", "impeach", "remove", "get rid of", "cancel", "not my", "never"),
    *("corrupt", "crooked", "lying", "racist", "fascist", "criminal", "traitor"),
    *("sono contro", "siamo contro", "tutti contro", "lotta contro", "protesta contro", "voto contro"),
    *("votato contro", "votare contro", "contrario a", "contrario al", "contrario alla", "contraria a"),
    *("contraria al", "contraria alla", "contrari a", "contrari al", "contrari alla", "no al", "no alla", "no ai"),
    *("no alle", "no agli", "no allo", "no all", "no a", "basta con", "basta", "stop a", "stop al", "stop alla"),
    *("fermiamo", "fermate", "boicottiamo", "boicotta", "boicottate", "boicottare", "boicotto", "mai più"),
    *("abbasso", "aboliamo", "abolire", "vietiamo", "vietare", "vergogna", "fuori"),
)
"""The thing follows: "boycott the brand"."""

CHOOSE_BEFORE = (
    *("vote", "vote for", "votes for", "voting", "voting for", "voted", "voted for", "elect", "re elect"),
    *("my vote goes to", "my vote is for", "my vote for", "i choose", "we choose", "i endorse", "we endorse"),
    *("endorsing", "i m with", "i am with", "we re with", "i stand with", "we stand with", "stand with"),
    *("standing with", "ready for", "team", "say"),
    *("voto", "voto per", "vota", "vota per", "votate", "votate per", "votiamo", "voterò", "voteremo", "votare"),
    *("votare per", "votando", "ho votato", "abbiamo votato", "dico", "diciamo", "dite", "scelgo"),
    *("scegliamo", "sto con", "stiamo con", "io con", "forza", "tifo", "tifo per", "tifiamo"),
)
"""The thing follows, and is preferred to others of its kind: "vote yes", "forza Napoli"."""

SUPPORT_AFTER = (
    *("for president", "for mayor", "for pm", "has my vote", "got my vote", "gets my vote", "has my support"),
    *("must stay", "is innocent", "deve restare", "ha il mio voto", "non si tocca", "presidente subito", "sindaco"),
)
"""The thing goes before: "Rossi has my vote"."""

OPPOSE_AFTER = (
    *("must go", "has to go", "have to go", "needs to go", "should resign", "must resign", "needs to resign"),
    *("should step down", "must step down", "drop out", "resign", "belongs in jail", "belongs in prison"),
    *("should be in jail", "should be in prison", "is a liar", "is a criminal", "is a crook", "is a fraud"),
    *("is a traitor", "is a racist", "is a fascist", "is a disgrace", "is a thug", "is a coward", "is a hypocrite"),
    *("is a danger", "is a con", "is corrupt", "is unfit", "is racist", "is evil", "is dangerous", "is lying"),
    *("is murder", "is wrong", "lies", "lied", "are murderers", "are liars", "are criminals", "are traitors"),
    *("a casa", "vattene", "dimettiti", "si dimetta", "deve dimettersi", "dimissioni", "in galera"),
    *("è un bugiardo", "è una bugiarda", "è un ladro", "è un criminale", "è un traditore", "è una vergogna"),
    *("è una truffa", "è un pericolo", "mente", "sono ladri", "sono bugiardi", "sono assassini"),
)
"""The thing goes before: "the minister must resign"."""

FILLERS = frozenset(
    (
        *("the", "a", "an", "this", "that", "these", "those", "our", "your", "his", "her", "their", "my", "mr", "mrs"),
        *("ms", "sir", "dr", "president", "senator", "sen", "vp", "governor", "mayor", "minister", "former"),
        *("candidate", "more", "any", "all", "such", "new", "for", "to", "of", "on", "il", "lo", "la", "i", "gli"),
        *("le", "l", "un", "uno", "una", "questo", "questa", "questi", "queste", "quel", "quella", "quei", "per", "al"),
        *("alla", "del", "della", "dei", "delle", "dal", "dalla", "nuovo", "nuova", "presidente", "ministro"),
        *("ministra", "sindaco", "sindaca", "anche", "tutti", "tutte", "subito"),
    )
)
"""Skipped between a cue and its thing."""

NO_THINGS = frozenset(
    (
        *("i", "me", "you", "u", "he", "him", "she", "it", "we", "us", "they", "them", "who", "what", "which", "whom"),
        *("whose", "myself", "yourself", "himself", "herself", "themselves", "and", "or", "but", "if", "so", "as"),
        *("at", "by", "in", "with", "from", "into", "than", "then", "there", "here", "when", "where", "why", "how"),
        *("not", "no", "yes", "is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "done"),
        *("has", "have", "had", "will", "would", "can", "could", "should", "may", "might", "must", "let", "lets"),
        *("just", "only", "ever", "even", "again", "now", "today", "tomorrow", "tonight", "yesterday", "please"),
        *("people", "everyone", "everybody", "anyone", "someone", "somebody", "nobody", "one", "ones", "thing"),
        *("things", "something", "anything", "nothing", "way", "time", "day", "up", "out", "off", "down", "over"),
        *("about", "because", "while", "until", "before", "after", "back", "too", "very", "like", "much", "many"),
        *("some", "other", "others", "another", "each", "every", "same", "own", "more", "most", "less", "least", "s"),
        *("t", "m", "re", "ve", "ll", "d", "rt", "amp", "e", "o", "ma", "se", "che", "chi", "cui", "come", "dove"),
        *("quando", "perché", "perche", "non", "più", "piu", "mi", "ti", "si", "ci", "vi", "ne", "io", "tu", "lui"),
        *("lei", "noi", "voi", "loro", "suo", "sua", "suoi", "sue", "mio", "mia", "tuo", "tua", "nostro", "nostra"),
        *("vostro", "vostra", "è", "sono", "sei", "siamo", "siete", "era", "erano", "sia", "ho", "hai", "ha"),
        *("abbiamo", "hanno", "con", "senza", "su", "da", "di", "a", "per", "tra", "fra", "anche", "ancora", "già"),
        *("sempre", "solo", "poi", "ora", "oggi", "domani", "ieri", "qui", "qua", "lì", "là", "così", "cosa", "cose"),
        *("tutto", "tutta", "tutti", "tutte", "altro", "altra", "altri", "altre", "ogni", "uno", "una", "ciò"),
        *("quello", "quella", "questo", "questa", "dire", "fare", "voto", "voti", "vote", "votes", "voting", "voter"),
        *("voters", "votare", "elezioni", "elections", "election", "gente", "persone"),
    )
)
"""Never what a side is about."""

NO_SIDE = ("forza italia", "forzaitalia", "team work", "stop and", "vote count", "save the date")
"""Names and idioms that only look like a side."""

VOTE_WORDS = frozenset({"yes", "no", "sì", "si", "leave", "remain"})
"""Things only a choice can be about: "vote no"."""

OPPOSITE_VOTES = frozenset({frozenset({"yes", "no"}), frozenset({"leave", "remain"})})

NOT_MINE = frozenset(
    (
        *("you", "u", "he", "she", "they", "who", "people", "those", "voters", "if", "whether", "tu", "voi", "lui"),
        *("lei", "loro", "chi", "se", "quelli", "gente", "media", "could", "would", "might", "supporters", "fans"),
    )
)
"""Shortly before a cue: somebody else's side, or a supposed one."""

NEGATORS = frozenset({"not", "never", "t", "nobody", "cannot", "non", "mai", "nessuno", "neither", "nor", "né"})
"""Shortly before a cue they turn it round: "I will never vote for"."""

CHOOSE_PREFIXES = (
    *("iovoto", "ivote", "votefor", "votiamo", "votate", "vota", "voto", "vote", "voting", "hovotato", "iohovotato"),
    *("iodico", "dico", "team", "forza", "iostocon", "stocon", "istandwith", "standwith", "imwith", "iamwith"),
    *("readyfor",),
)
SUPPORT_PREFIXES = ("pro", "save", "support", "yesto", "siamo", "free", "handsoff", "protect", "sial", "sialla")
SUPPORT_SUFFIXES = ("forpresident", "4president", "formayor", "presidente", "sindaco")
OPPOSE_PREFIXES = (
    *("no", "stop", "never", "boycott", "boicotta", "boicottiamo", "basta", "anti", "against", "contro", "dump", "ban"),
    *("notmy", "mai", "defund", "abolish", "cancel", "impeach", "lockup", "resist", "repeal", "noal", "noalla"),
)
OPPOSE_SUFFIXES = (
    *("mustgo", "mustresign", "resign", "mustfall", "isoverparty", "out", "acasa", "vattene", "dimettiti"),
    *("dimissioni", "lies", "liar", "hoax", "scam", "kills"),
)
"""Parts of hashtags around the thing: ``#iovotono``, ``#rossiacasa``."""

AGREE = (
    *("exactly", "i agree", "agreed", "totally agree", "well said", "so true", "this is true", "you re right"),
    *(
        "you are right",
        "couldn t agree more",
        "absolutely right",
        "amen",
        "spot on",
        "preach",
        "same here",
        "hear hear",
    ),
    *("esatto", "esattamente", "sono d accordo", "d accordo con te", "d accordissimo", "concordo", "hai ragione"),
    *("ha ragione", "ben detto", "giustissimo", "verissimo", "condivido", "parole sante", "anch io", "bravo", "brava"),
)
"""How a reply sides with what it answers."""

DISAGREE = (
    *("i disagree", "disagree", "don t agree", "do not agree", "you re wrong", "you are wrong", "not true", "nonsense"),
    *(
        "that s a lie",
        "that is a lie",
        "false",
        "bullshit",
        "rubbish",
        "shame on you",
        "are you serious",
        "how dare you",
    ),
    *("couldn t disagree more", "wrong", "you re lying", "stop lying", "are you kidding"),
    *("non sono d accordo", "non concordo", "per niente d accordo", "ti sbagli", "si sbaglia", "hai torto", "ha torto"),
    *("falso", "non è vero", "sciocchezze", "stupidaggini", "cazzate", "balle", "ma cosa dici", "ma che dici"),
    *("vergognati", "bugiardo", "bugiarda", "ma quando mai", "sbagliato"),
)
"""How a reply turns against what it answers."""
