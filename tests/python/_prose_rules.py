"""Rules for prose as tables: terms that the glossary replaces, openings without a noun, literary forms, length."""

import re
from dataclasses import dataclass

from _prose_text import CODE

WORDS_MAX = 30


@dataclass
class Term:
    """A phrase that another term replaces; it may stand where `unless` matches around it, or only counts in `rooms`."""

    phrase: str
    instead: str
    unless: str = ""
    rooms: str = ""

    def __post_init__(self):
        self.pattern = re.compile(rf"(?<![\w/-])(?:{self.phrase})(?![\w/]|-\d)", re.I)
        self.allowed = re.compile(self.unless, re.I) if self.unless else None


# Terms of the "Replaces" column of docs/glossary.md, and other coinages of the project.
TERMS = [
    Term("statements?", "record", r"FollowTheMoney|\bFtM\b|nomenklatura|marking|STIX|\bSQL\b"),
    Term(r"told|told_(?:first|last)", "recorded, or delivered"),
    Term(r"tell|tells|telling", "show, state, contain", r"tell\w* \w+ (?:\w+ )?apart|telling apart|most telling"),
    Term(r"refusals?|refused", "reject, rejected", r"connection refused"),
    Term(r"(?:broken|bad|wrong) (?:objects?|records?|rows?|lines?|values?|files?|deliver(?:y|ies))", "rejected, invalid"),
    Term(r"vantages?", "as-of time"),
    Term(r"moments? of (?:the|a|this|that|each|one) (?:night|run)|nights?['’]s? moment", "as-of time"),
    Term(r"nights?|tonight(?:['’]s)?", "run"),
    Term(r"mornings?", "review queue"),
    Term(r"sights?", "view", r"in sight|at first sight|line of sight"),
    Term(r"(?:the|one|each|every|this|our|same|earlier|previous) looks?", "view"),
    Term(r"lens(?:es)?", "access policy"),
    Term(
        r"ties?|tied|tying", "link, edge, weight",
        r"ties? (?:go|goes|is broken|are broken|in\b|between equal)|break(?:s|ing)? (?:the )?ties?|tie[- ]break|tied? (?:ranks?|scores?|values?)|(?:on|in|wins?) (?:a )?ties?\b(?! (?:of|to|between|that|with))|\bties? to (?:the )?(?:first|last|low|small|larg)|\bequal",
    ),
    Term(r"facts? of the network", "observable"),
    Term(r"things?", "object, entity", r"(?:means?|does|do) (?:just )?one thing|Internet of Things|same thing (?:twice|again)"),
    Term(r"spellings?|spelled|spelt|spells", "canonical identifier, form", r"spell(?:ed|s|t) out|spelling (?:mistake|error)s?|misspell"),
    Term(r"(?:a|the|each|every|one|of|all) mentions?", "canonical identifier"),
    Term(r"survey(?:s|ed|ing)?", "analysis", r"survey of (?:the )?(?:methods|literature|techniques)"),
    Term(r"scenes?", "pattern context"),
    Term(r"(?:the|a|one|this|same|whole|weighted) shapes?|shapes? (?:to|into) \w+", "weighted graph", r"shape of", r"community|metrics|graph"),
    Term(r"shapes? of (?:the|a) (?:graph|network)", "weighted graph"),
    Term(r"circles?", "cycle", r"draws?|drawn|radius|<circle|circle of (?:trust|friends)", r"^(?!.*(?:picture|svg|render)).*$"),
    Term(r"(?:payments?|links?|edges?) .{0,20}in a ring", "cycle"),
    Term(r"ways? (?:lead|leads|of length|from \w+ to)|shortest ways?|ways? between (?:two|vert|entit|nod)\w*", "path, walk"),
    Term(r"(?:pieces?|parts?) of (?:the|a) (?:graph|network)|disconnected (?:parts?|pieces?)", "connected component"),
    Term(r"stands? near|who is near|near ones", "neighbour"),
    Term(r"keeps? company|in company|the company|of company|company of (?:a|the|its) communit\w+|whose company", "community quality"),
    Term(r"compan(?:y|ies)", "community quality", r"", r"community"),
    Term(r"fates?", "community event"),
    Term(r"kin|heirs?", "lineage"),
    Term(r"remembers?|remembered|(?:run|state|night|archive)['’]s memory|memory of (?:the |a |earlier |past |former )?(?:nights?|runs?)", "history, run state"),
    Term(r"desks?", "review page"),
    Term(r"footings?", "minimal support"),
    Term(r"(?<!data )(?<!data-)stewards?", "data steward"),
    Term(r"stor(?:y|ies)", "scenario"),
    Term(r"(?:the|a|its|this|whole) cast|cast of", "entities of the world"),
    Term(r"stages?", "world", "", r"synth|scenario"),
    Term(r"deeds?", "event"),
    Term(r"bulletins?|books?", "report, catalogue", r"security bulletin", r"synth|scenario"),
    Term(r"(?:the|a) watch", "progress, cancellation", r"watch list"),
    Term(r"talks?|talking", "console, write"),
    Term(r"weaves?|woven|wove|weaving", "build, assemble"),
    Term(r"ordinary", "typical, or median of negatives", r"ordinary (?:run|file|folder|director|user|least squares|English|program)"),
    Term(r"(?:we|us|our|person|people|night) hears?|heard (?:alone|of)|be heard", "accept, count"),
    Term(r"(?:records?|rows?|columns?|values?|objects?|links?|flags?|scores?|tables?|fields?|numbers?|cells?|entit(?:y|ies)|documents?|configuration|mapping|report|queue) (?:says?|said|speaks?|spoke)", "contains, states, has"),
]

# A subject of its own must open a sentence: a noun phrase, or a verb in a doc comment.
OPENINGS = [
    (r"(?:What|Who|Whom|Whose|Whoever|Whatever|Whichever|Which|Whether|Where|Wherever)\b(?!-)", "begin with the noun or the condition (`If …`)"),
    (r"How (?!to\b)\w+", "begin with the noun (`Number of …`, `Way in which …`)"),
    (r"Why\b(?! not\b)", "begin with the noun (`Reason for …`)"),
    (r"When\b(?=[^,]*$)", "a clause without a main sentence: `Time of …`, or a comma and the main sentence"),
    (r"Not (?:what|who|where|all of that)\b", "begin with the noun"),
    (r"(?:That|Those|They|Them|He|One|It) (?:which|who|whom)\b", "begin with the noun"),
    (r"(?:And|But|Nor) (?:what|who|where|whether)\b", "begin with the noun"),
]
OPENINGS = [(re.compile(pattern), advice) for pattern, advice in OPENINGS]

# Forms that a reader of English as a second language must translate.
ARCHAIC = [
    (r"of (?:then|now)\b|of (?:old|late)(?=[.,;)]|$)", "name the time"),
    (r"(?<!there )(?:is|are|was|were|be) none\b(?! of (?:the|these|those|its|our|their)\b)", "does not exist, is missing"),
    (r"(?:is|are|was|were) none of (?:its|their|his|our) kind", "is not of this kind"),
    (r"(?<!there )(?<!it )(?:is|are|was|were) no (?!longer|more\b|less\b|fewer|larger|smaller|greater|lower|higher|such|one\b|need|way\b|different|better|worse|later|earlier|older|newer|data\b)\w+", "is not a …"),
    (r"(?<!-)(?:stands?|stood)\b(?![- ](?:alone|in\b))", "is, has, or name the place"),
    (r"thus|whence|thence|hither|wherein|thereof|therein|hereby|lest|albeit|amid|amidst|amongst|whilst|henceforth|unto|anew|naught|nought|aught|amiss|ere|nigh|oft|aforesaid|betwixt|yonder", "use a plain word"),
    (r"whom(?:ever|soever)?|whoever|whosoever|whatsoever|wheresoever", "name the person or object"),
    (r"by whose \w+|by (?:eye|ear)\b|a word in the ear|in the ear of|put before (?:a|the) (?:person|reader)", "say it without a figure of speech"),
    (r"(?:said|spelled|called|named|written|ends?|goes|reads?|says|formed|known) otherwise", "differently"),
    (r"not a number|no number\b", "NaN"),
    (r"nobody(?: bears| knows)|(?:of|to|joins?|ties|for|concerns|tells) nobody", "no …, none"),
    (r"(?:is|are|was|were|be|it is|as) said\b", "name the source that says it"),
    (r"speaks?|spoke|spoken", "name the evidence"),
    (r"mends?|mended|mending", "fix, correct"),
    (r"would have it|as it were|so to say|for whom|ways? of coming about|come to be|came to be|let it be", "plain words"),
    (r"comes? to nothing|counts? for nothing|of no avail|to no end", "plain words"),
    (r", whatever (?:the|its|their|they|it)\b", "regardless of"),
    (r"befall\w*|beget\w*|dwell\w*|abide\w*|bestow\w*|behold\w*|betoken\w*|wont to", "plain words"),
    (r"of (?:ours|theirs|hers|yours)\b", "our, their"),
    (r"at (?:the|its) (?:door|doors|threshold) of", "plain words"),
    (r"is another (?:world|run|thing|matter)", "say the difference"),
    (r"(?:costs?|joins?|names?) (?:itself|themselves) alone", "affects only"),
    (r"the (?:former|latter)(?=[,.;:]| (?:is|are|was|were|has|have)\b)", "repeat the noun"),
    (r"has it\b(?: that)?(?=[.,;:)]|$| and| or| as)|as (?:clippy|others?) (?:has|have) it", "repeat the noun"),
    (r"does without|do without|goes without saying", "does not need, omits"),
]
ARCHAIC = [(re.compile(rf"(?<![\w/])(?:{pattern})(?![\w/])", re.I), advice) for pattern, advice in ARCHAIC]


def check(path, sentence, is_heading_like=False):
    """Yields rule, the words it objects to and advice, for one sentence of a file."""
    is_question = sentence.rstrip("*_)”\"' ").endswith("?")
    for term in TERMS:
        if term.rooms and not re.search(term.rooms, str(path)):
            continue
        for match in term.pattern.finditer(sentence):
            around = sentence[max(0, match.start() - 40) : match.end() + 40]
            if term.instead == "record" and re.search(r"ftm|follow", str(path), re.I):
                break
            if term.allowed and term.allowed.search(sentence if term.instead == "record" else around):
                continue
            yield "term", match.group(), term.instead
            break
    opening = sentence.lstrip("\"'(“‘*_ ")
    if not is_question and len(opening.split()) > 1:
        for pattern, advice in OPENINGS:
            match = pattern.match(opening)
            if match:
                yield "opening", match.group(), advice
                break
    for pattern, advice in ARCHAIC:
        match = pattern.search(sentence)
        if match:
            yield "archaic", match.group(), advice
    count = words(sentence)
    if count > WORDS_MAX:
        yield "long", f"{count} words", f"at most {WORDS_MAX}: one idea a sentence"


def words(sentence):
    """Returns the length of a sentence in words; an enumeration of code counts once, and so does its longest item in an
    inline list of three or more semicolons."""
    sentence = re.sub(rf"{CODE}(?:(?:,| and| or|, and|, or|/| to|\.\.|–)? ?{CODE})+", CODE, sentence)
    parts = sentence.split("; ") if sentence.count("; ") >= 3 else [sentence]
    return max(len([word for word in re.findall(r"[^\s]+", part) if re.search(rf"[A-Za-z{CODE}]", word)]) for part in parts)
