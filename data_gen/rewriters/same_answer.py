"""Is what a rewrite boxes the answer that the trace gave?

    same_answer("1, 2", "so \\\\boxed{1,2}.", None)                   -> True: white space that says nothing is left aside
    same_answer("5", "so $x=-\\\\boxed{5}$", None)                    -> False: the trace's box is no answer, only a part
    same_answer("42", "7 times 6.\\n\\n**Final Answer: 42**", None)   -> True: what was not boxed may be
    same_answer("42", "So it is 42 or 43.", None)                    -> False: the trace did not say which
    same_answer("C", "Answer: (C)", ["1 N", "2 N", "3 N"])           -> True

Where the trace has a box, readable or not, the two are compared, character for character. Where it has none, its final
statement is read, and refused wherever it could be read in two ways:

- what follows the last "answer is" or "answer:", to the end of the sentence: it has to agree wherever it stands, and is
  enough where what comes after states no other value and does not doubt it;
- else the last paragraph, or what it says after its last "therefore ... is"; below a heading "Final Answer" no other value.

The statement is the answer as a whole, or each number and formula in it is ("6 * 7 = 42" is 42) and no word turns them into
something else ("or", "not", "about", "thousand", "half": `_TURNS`). A choice is named by one letter, after such a phrase,
or by the text of one option.

Prose is read here and nowhere else, and only to refuse: what is accepted is the box, which the verifier grades.
"""

import re
import string

from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.notation import spell, split_outside, untexted

_NEEDED = re.compile(
    r"(?<=\w) (?=\w)|(?<=\d,) (?=\d{3}(?!\d))|(?<=\d\.) (?=\d)"
)  # "1 2", "1, 234" and "1. 5" stay as they are
_IS = r"(?:(?:is|are|equals|(?:will|would|must|should) be)\b|[:=])"
_PHRASE = re.compile(
    rf"\b(?:(?P<heading>final answer\s*\n)|(?:answer|option|choice)(?:\s+(?:to|of|for)\s[^.?:\n]{{1,80}}?)?\s*{_IS})[\s:=]*"
    r"|\b(?:option|choice)\s+(?=\(?[A-Z]\)?\s+is\s+(?:the\s+)?(?:correct|right|true|best))",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"\b(?:therefore|thus|hence|so|consequently)\b(?P<subject>[^.?]{1,300})\b(?:is|are|equals)(?:\s+equal\s+to)?\b[\s:]*",
    re.IGNORECASE,
)
_NO_SUBJECT = re.compile(
    r"=|\b(?:is|are|equals)\s+(?:\$|\S*\d)|n['’]t\b|\b(?:where|when|if|unless|since|because|suppose|let|not|no|half|third|quarter"
    r"|twice|double|triple|square|cube|reciprocal)\b",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\$\$(.{1,500}?)\$\$|\$([^$]{1,500})\$|\\\[(.{1,500}?)\\\]|\\\((.{1,500}?)\\\)", re.DOTALL)
_EMPHASIS = re.compile(
    r"(?<![\w)])(?:\*\*|__|`)|(?:\*\*|__|`)(?![\w(])|^[ \t]*(?:#+|[-*+>](?=[ \t]+[^\W\d_]{2}))[ \t]+", re.MULTILINE
)
_BULLET = re.compile(r"^[ \t]*[-*+>][ \t]+", re.MULTILINE)  # before a number: a list's mark or a sign, nobody knows
_CLAIM = re.compile(r"(?:\$[^$\n]*\$|[.?](?=\S)|[^.?\n])*")
_TOKEN = re.compile(r"\$[^$]*\$[.,;:?]*|\S+")
_FORMULA = re.compile(r"\d|[\\=+^/<>%|±×÷·⋅•−–√π∞≈≤≥≠]|^\$.*\$|^!|^[-*]$|^(?![aAI]$)[^\W\d_]!?$")
_EQUALS = re.compile(r"(?<![<>!:=])=(?!=)")
_COMMA = re.compile(r"[,;]")
_CALCULATION = re.compile(r"\\(?:[dt]?frac|cdot|times|div|sqrt|binom|left|right|pm)(?![a-zA-Z])")
_NAME = re.compile(r"\s*(?:\\?[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\w|\{\w+\}))?(?:\([^()]*\))?'*\s*")
_DOUBT = (
    r"\?|n['’]t\b|\b(?:or|nor|not|no|neither|either|never|wait|hmm|actually|instead|wrong|incorrect|rather|unless|maybe|perhaps"
    r"|but|except|cannot)\b"
)
_DOUBTS = re.compile(_DOUBT, re.IGNORECASE)
_TURNS = re.compile(
    _DOUBT
    + r"|\b(?:and|if|about|approximately|roughly|almost|nearly|around|between|than|least|most|minus|negative|plus|times|half"
    r"|third|quarter|twice|double|triple|squared|cubed|root|sqrt|factorial|power|log|ln|exp|sin|cos|tan|pi|mod|modulo|reciprocal"
    r"|inverse|opposite|percent|tenths?|hundredths?|dozens?|hundreds?|thousands?|millions?|billions?|trillions?)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"\W*(?:(?:option|choice|letter|therefore|thus|hence|clearly)\b[\s,:]*)*(?:\\\w+\{)?\(?([A-Z])\b(?:\)?[}$]*\s*)"
    r"(?:$|[).:,;]|(?:is|because|since)\b)"
)
_ANOTHER = re.compile(r"\(([A-Z])\)|\b([B-HJ-Z])\b(?![.'’]\w)")
_BOXED_LETTER = re.compile(r"\(?\s*([A-Za-z])\s*\)?\s*[.:]?")
_LETTER_AND_TEXT = re.compile(r"\(?([A-Z])[).:]\s*(.+)", re.DOTALL)
LONGEST = 2000  # characters of a statement, and of what may follow it


def same_answer(boxed: str, trace: str, choices: list[str] | None) -> bool:
    """Return whether `boxed` is the answer of `trace`, which is without its thinking part; `choices` are the options."""
    before = boxed_answer(trace)
    if before is not None:
        return _tight(boxed) == _tight(before)
    if "\\boxed" in trace or "\\fbox" in trace:  # cut off, empty, or a part of something: no answer to keep
        return False
    text = _plain(trace)
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    phrase = next(reversed(list(_PHRASE.finditer(text))), None)
    if phrase and phrase["heading"] and not choices:
        return _adds_nothing(text[phrase.end() :], boxed, choices) and _says(paragraphs[-1], boxed, choices)
    claim = _CLAIM.match(text, phrase.end()) if phrase else None
    if claim and not _says(claim[0], boxed, choices, after_phrase=True):
        return False
    if claim and _adds_nothing(text[claim.end() :], boxed, choices):
        return True
    return bool(paragraphs) and (_says(paragraphs[-1], boxed, choices) or _concludes(paragraphs[-1], boxed, choices))


def _tight(answer: str) -> str:
    """Return an answer without the white space that says nothing."""
    return _NEEDED.sub("\n", " ".join(answer.split())).replace(" ", "").replace("\n", " ")


def _value(answer: str) -> str:
    """Return an answer in one spelling, so that what stood in plain text may be boxed in LaTeX."""
    return _tight(untexted(spell(answer.replace("\\%", "%"))))


def _plain(text: str) -> str:
    """Return a text with every formula between single dollars, without emphasis and the marks of headings and lists."""
    text = _SPAN.sub(lambda found: f"${' '.join(''.join(found.groups('')).split())}$", text.replace("\r\n", "\n"))
    return _BULLET.sub("• ", _EMPHASIS.sub("", text))


def _concludes(paragraph: str, boxed: str, choices: list[str] | None) -> bool:
    """Return whether a paragraph ends in "therefore ... is" and the boxed answer; what "..." is may hold other numbers."""
    found = next(reversed(list(_CONCLUSION.finditer(paragraph))), None)
    if choices or found is None or _NO_SUBJECT.search(found["subject"]):
        return False
    claim = _CLAIM.match(paragraph, found.end())
    if claim is None or not _FORMULA.search(claim[0].split(" ")[0]):  # "16 daps are equivalent to 42 dips"
        return False
    return _says(claim[0], boxed, None) and _adds_nothing(paragraph[claim.end() :], boxed, None)


def _says(statement: str, boxed: str, choices: list[str] | None, after_phrase: bool = False) -> bool:
    """Return whether a statement says one value, or names one option, and it is `boxed`."""
    if len(statement) > LONGEST:
        return False
    if choices:
        return _names(statement, boxed, choices, after_phrase)
    if _value(statement) == _value(boxed):
        return True
    formulas, words = _formulas(statement)
    return bool(formulas) and not _TURNS.search(words) and all(_is(formula, boxed) for formula in formulas)


def _is(formula: str, boxed: str) -> bool:
    """Return whether a formula is the boxed one, or equations that end in it and begin with a name or a calculation."""
    if _value(formula) == _value(boxed):
        return True
    *before, last = _EQUALS.split(formula)
    if not before or "\\not" in formula or _value(last) != _value(boxed):
        return False
    if any(len(split_outside(part, _COMMA)) > 1 for part in before):  # "x = 5, y = 6"
        return False
    return bool(_NAME.fullmatch(before[0])) or not any(char.isalpha() for char in _CALCULATION.sub("", "".join(before)))


def _formulas(text: str) -> tuple[list[str], str]:
    """Return the numbers and formulas of a text, those side by side as one, and the text of all else."""
    found: list[str] = []
    words: list[str] = []
    goes_on = False
    for token in _TOKEN.findall(text):
        bare = token.rstrip(".,;:?").strip("\"'")
        if not _FORMULA.search(bare):
            words.append(token)
            goes_on = False
            continue
        bare = bare[1:-1] if bare.startswith("$") and bare.endswith("$") else bare
        if goes_on:
            found[-1] += f" {bare}"
        else:
            found.append(bare)
        goes_on = token[-1] not in ".,;:?"
        words.append(token[-1])
    return found, " ".join(words)


def _adds_nothing(rest: str, boxed: str, choices: list[str] | None) -> bool:
    """Return whether what follows a statement of the answer neither doubts it nor says another."""
    if len(rest) > LONGEST:
        return False
    formulas, words = _formulas(rest)
    if choices and (_ANOTHER.search(rest) or _options_in(rest, choices)):
        return False
    return not _DOUBTS.search(words) and all(_is(formula, boxed) for formula in formulas)


def _names(statement: str, boxed: str, choices: list[str], after_phrase: bool) -> bool:
    """Return whether a statement names one option, by text or, after a phrase, by letter, and `boxed` is that option."""
    named = _options_in(statement, choices)
    texts = "|".join(re.escape(choice) for choice in choices if choice)
    besides = re.sub(texts, "", statement) if texts else statement
    if after_phrase and (match := _LETTER.match(statement)):
        others = {one or other for one, other in _ANOTHER.findall(besides)}
        named |= {match[1]} | others
    return len(named) == 1 and not _TURNS.search(besides) and _option_of(boxed, choices) in named


def _options_in(text: str, choices: list[str]) -> set[str]:
    """Return the letters of the options whose text stands in a text as a whole, not as a part of another option there."""
    said = _value(text).casefold()
    found: dict[str, str] = {}
    for letter, choice in zip(string.ascii_uppercase, choices, strict=False):
        wanted = _value(choice).casefold()
        alone = rf"(?<![\w\\^/-])(?<!\d[.,]){re.escape(wanted)}(?![\w^/{{]|[.,-]\d)"
        if wanted and re.search(alone, said):
            found[letter] = wanted
    return {letter for letter, wanted in found.items() if not any(wanted != one and wanted in one for one in found.values())}


def _option_of(boxed: str, choices: list[str]) -> str | None:
    """Return the letter of the option that a box names by its letter, its whole text, or both."""
    said = untexted(spell(boxed))
    if match := _BOXED_LETTER.fullmatch(said):
        return match[1].upper()
    texts = {_value(choice): letter for letter, choice in zip(string.ascii_uppercase, choices, strict=False)}
    both = _LETTER_AND_TEXT.fullmatch(said)
    letter = texts.get(_value(both[2] if both else said))
    return letter if both is None or letter == both[1] else None
