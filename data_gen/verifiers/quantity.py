"""What stands beside a number: units, currency, percent, base, words that scale, the time of day.

    quantity("5.4 \\\\text{ cents}")   -> Quantity(core="5.4", unit="cent")
    quantity("\\\\$10")                -> Quantity(core="10", unit="$")
    quantity("4210_{5}")              -> Quantity(core="4210", unit="base 5")
    quantity("17 million")            -> Quantity(core="17", unit="", scale=1000000)
    clock("3:05 p.m.")                -> (3, 5, "p")
    rational("2\\\\frac{1}{4}")        -> Fraction(9, 4), and so for "9/4", "2.25", "2 1/4", "2.25\\\\times10^{0}"

An answer without a unit is taken for one with it, as people do; two different units are never taken for each other.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from data_gen.verifiers.notation import TEXT, bare, untexted

_FONTED = TEXT + r"\s*\{[^{}]*\}"
_POWER = r"(?:\s*\^\s*(?:\{-?\d\}|\d))?"
_NOT_UNITS = "and|or|pi|sqrt|sin|cos|tan|cot|sec|csc|log|ln|exp|to|mod|choose|max|min|if|for|where|when"
_TAIL = re.compile(
    rf"((?:\s*(?:{_FONTED}|\^\\circ|\\%|\\\$|/(?=\s*\\(?:text|mathrm|mbox))){_POWER})+)$"
    rf"|(?<=[\d}})])((?:\s+(?!(?:{_NOT_UNITS})\b)|-)[a-zA-Z.]{{2,}}(?:\s+[a-zA-Z./]+)*{_POWER}|\s*(?:\^\\circ|\\?%)(?:\s*[CF])?)$"
)
_CURRENCY = re.compile(r"^([+-]?)\s*(?:\\?\$|€|£|¥|\\pounds|\\euro)\s*")
_HEAD = re.compile("^" + TEXT + r"\s*\{([^{}]*)\}\s*(?=[\d\\(+-])")
_BASED = re.compile(r"^\(?([0-9A-Z]+)\)?\s*_\s*\{?\s*(?:\\text\s*\{)?\s*([0-9]+|[a-z]+)\s*\}*$")
_CLOCK = re.compile(r"^(\d{1,2})(?::([0-5]\d))?\s*(?:([ap])\.?\s*m\.?)?$", re.IGNORECASE)
_ORDINARY = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?")
_REPEATING = re.compile(r"([+-]?)(\d*)\.(?:(\d*)\\(?:overline|bar)\s*\{(\d+)\}|\\dot\s*\{?(\d)\}?|\((\d+)\))")
_FRACTION = re.compile(r"([+-]?)\(?(?:\\frac\{([+-]?)([\d.,]+)\}\{([+-]?)([\d.,]+)\}|([\d.,]+)\)?/\(?(-?[\d.,]+))\)?")
_MIXED = re.compile(r"([+-]?)(\d+)(?:\\frac\{(\d+)\}\{(\d+)\}| (\d+)/(\d+))")
_SCIENTIFIC = re.compile(r"([+-]?[\d.,]+)(?:(?:\\times|\\cdot|x|\*)10\^\{?([+-]?\d{1,4})\}?|[eE]([+-]?\d{1,3}))")

NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
SAME_UNIT = {
    "$": "dollar dollars usd buck bucks \\$", "cent": "cents ¢", "%": "percent percents \\%", "degree": "degrees ^\\circ deg",
    "cm": "centimeter centimeters centimetre centimetres", "mm": "millimeter millimeters millimetre millimetres",
    "m": "meter meters metre metres", "km": "kilometer kilometers kilometre kilometres", "inch": "inches in", "foot": "feet ft",
    "yard": "yards yd", "mile": "miles mi", "hour": "hours hr hrs h", "minute": "minutes min mins", "second": "seconds sec secs s",
    "day": "days", "week": "weeks", "year": "years yr yrs", "gram": "grams g", "kg": "kilogram kilograms", "pound": "pounds lb lbs",
    "ounce": "ounces oz", "liter": "liters litre litres l L", "ml": "milliliter milliliters mL", "mph": "mile/hour",
    "radian": "radians rad", "J": "joule joules", "N": "newton newtons", "W": "watt watts", "V": "volt volts", "Hz": "hertz",
    "Pa": "pascal pascals", "A": "ampere amperes amp amps", "mol": "mole moles",
}  # fmt: skip
_CANONICAL = {name: unit for unit, names in SAME_UNIT.items() for name in [unit, *names.split()]}
_ANY_CASE = set("kg km cm ft in lb lbs oz hr hrs min mins sec yd mi mph usd deg".split())  # nothing else in other letters
_GENERIC = {"unit", "units", ""}
# Words beside a number that say another number or none at all
_CHANGING = set(
    "or more less most least than not never about approximately roughly almost nearly around except half twice double triple "
    "over under above below between no per off up down negative minus plus squared cubed factorial percent times "
    "halves thirds quarters tens ones pairs choose mod root onwards upwards downwards is are too many only if "
    "factorials percentages logs doubles triples doublings lakhs crores scores myriads reams zeros zeroes fails contradicts "
    "excludes exceeds deficits debts losses grosses without unless besides versus others guesses wrongs always ago ppms modulo".split()
)
_NUMBERED = re.compile(  # "fifteenths", "fives", "quadrillions"
    r"(?:(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)tie|four|fif|six|seven|eigh|nin|ten"
    r"|eleven|twelf|hundred|thousand|\w*illion)ths|\w*illions|(?:two|three|four|five|sixe|seven|eight|nine|ten|eleven|twelve|twentie)s"
)
_PEOPLE = set("people men women children".split())


@dataclass(frozen=True)
class Quantity:
    """A core to compare, and what stood beside it. `words` are what stands before a number: "at least"."""

    core: str
    unit: str = ""
    scale: int = 1
    words: str = ""


def quantity(text: str) -> Quantity:
    """Take a spelt answer apart. Without anything beside the core, the core is the text."""
    if based := _BASED.match(text):
        base = based[2] if based[2].isdigit() else str(NUMBERS.index(based[2])) if based[2] in NUMBERS else ""
        if base and any(c.isdigit() for c in based[1]):
            return Quantity(based[1].lstrip("0") or "0", f"base {base}")
    core, unit, scale, words = text, "", 1, ""
    if (head := _HEAD.match(core)) and head[1].strip():
        words, core = " ".join(head[1].lower().split()), core[head.end() :]
    if money := _CURRENCY.match(core):
        symbol = money[0].replace("\\", "").strip("+- ")
        unit, core = {"pounds": "£", "euro": "€"}.get(symbol, symbol), money[1] + core[money.end() :]
    tail = _TAIL.search(core)
    if tail and re.search(r"\d", core[: tail.start()]) and not _of_an_angle(core[: tail.start()], tail[0]):
        named = _unit(tail[0])
        scale, named = _scaled(named)
        core, unit = core[: tail.start()].strip(), unit if unit and not named else " ".join(filter(None, [unit, named]))
    return Quantity(core, unit, scale, words)


def _of_an_angle(core: str, tail: str) -> bool:
    """Return whether a degree sign belongs to what a function is of, or stands beside pi: then it is no unit."""
    return r"^\circ" in tail and bool(re.search(r"\\(?:sin|cos|tan|cot|sec|csc|pi)(?![a-zA-Z])", core))


def _unit(tail: str) -> str:
    """Return a unit in one spelling: " \\\\text{ square feet}" and "\\\\text{ ft}^2" both as "foot^2"."""
    text = untexted(tail.replace(r"^\circ", " degree ")).replace("{", "").replace("}", "").replace(" ^", "^")
    text = re.sub(r"(?<=[a-z]) (?:per|/) |/ | /", "/", text)
    words = [word.rstrip(".") if word not in ("a.m.", "p.m.") else word for word in text.replace("-", " ").split()]
    power = ""
    if words and words[0].lower() in ("square", "sq", "cubic"):
        power, words = "^3" if words[0].lower() == "cubic" else "^2", words[1:]
    named = []
    for word in words:
        name, sign, exponent = word.partition("^")
        name = "/".join(map(_canonical, name.split("/")))
        named.append(_CANONICAL.get(name, name) + (sign + exponent if sign else ""))
    kept = [word for word in named if word.partition("^")[0] not in _GENERIC]
    return " ".join(kept) + (power if kept else "")


def _canonical(word: str) -> str:
    """Return a unit's one name. Capitals count in its signs, for mW is not MW, and not in its words."""
    lower = word.lower()
    spoken = len(word) > 4 or (len(word) == 4 and lower in _CANONICAL)  # shorter ones are signs: Mm, S, G, Mmol
    if lower in _ANY_CASE or (spoken and word in (word.title(), word.upper())):
        return _CANONICAL.get(lower, lower)
    return _CANONICAL.get(word, word)


def _scaled(unit: str) -> tuple[int, str]:
    scale, rest = 1, []
    for word in unit.split():
        if word in SCALES or word.removesuffix("s") in SCALES:
            scale *= SCALES.get(word) or SCALES[word.removesuffix("s")]
        else:
            rest.append(word)
    return scale, " ".join(word for word in rest if not (scale > 1 and word == "of"))


def beside_agrees(ours: Quantity, theirs: Quantity) -> bool:
    """Return whether what stands beside two numbers can mean the same. Percent against none is for the caller."""
    if ours.words != theirs.words:
        return False
    if ours.unit == theirs.unit or _singular(ours.unit) == _singular(theirs.unit):
        return True
    if "base" in (ours.unit + theirs.unit) or (ours.unit and theirs.unit):
        return False
    return not ours.unit or _only_names_what_is_counted(ours.unit)


def _only_names_what_is_counted(unit: str) -> bool:
    """Return whether words after an answer's number are a unit or things in the plural, where the reference has none."""
    words = [word.partition("^")[0] for word in unit.split()]
    if len(words) == 1 and "%" not in unit and all(one in SAME_UNIT for one in words[0].split("/")):
        return True
    if set(words) & _CHANGING or not all(word.isalpha() or word in SAME_UNIT for word in words):
        return False
    if any(_NUMBERED.fullmatch(word) for word in words):
        return False
    plural = re.search(r"..[^isu]s$", words[-1])  # a "loss" and a "minus" are no plurals
    return bool(plural) or words[-1] in _CANONICAL or words[-1] in _PEOPLE


def _singular(unit: str) -> str:
    return " ".join(word.removesuffix("s") if len(word) > 3 else word for word in unit.split())


def clock(text: str) -> tuple[int, int, str] | None:
    """Return (hour, minute, "a", "p" or "") of a time of day, else None."""
    match = _CLOCK.match(untexted(text).replace(" :", ":").replace(": ", ":"))
    if match is None or not (match[2] or match[3]) or int(match[1]) > 24:
        return None
    return int(match[1]), int(match[2] or 0), (match[3] or "").lower()


def rational(text: str) -> Fraction | None:
    """Return the exact value of a spelt number: integer, decimal, fraction, mixed, repeating, scientific, or a word to 20."""
    if len(text) > 1000 or ", " in text:  # "1, 234" is two numbers
        return None
    text = bare(text)
    while text[:1] == "(" and text[-1:] == ")" and ")" not in text[1:-1]:
        text = text[1:-1]
    if (ordinary := _ordinary(text)) is not None:
        return ordinary
    if text.lower() in NUMBERS:
        return Fraction(NUMBERS.index(text.lower()))
    if match := _FRACTION.fullmatch(text):
        sign, top_sign, top, bottom_sign, bottom, plain_top, plain_bottom = match.groups("")
        above, below = _ordinary(top_sign + (top or plain_top)), _ordinary(bottom_sign + (bottom or plain_bottom))
        return (above / below * (-1 if sign == "-" else 1)) if above is not None and below else None
    if match := _MIXED.fullmatch(text):
        whole, part, parts = int(match[2]), int(match[3] or match[5]), int(match[4] or match[6])
        return (whole + Fraction(part, parts)) * (-1 if match[1] == "-" else 1) if parts else None
    if match := _REPEATING.fullmatch(text):  # 0.(3), but not 0.1(2), which may be a product
        fixed, repeated = match[3] or "", match[4] or match[5] or match[6]
        value: Fraction = Fraction(int((match[2] or "0") + fixed + repeated) - int((match[2] or "0") + fixed or "0"), 1)
        value = value / int(f"{'9' * len(repeated)}{'0' * len(fixed)}")
        return -value if match[1] == "-" else value
    if (match := _SCIENTIFIC.fullmatch(text)) and (mantissa := _ordinary(match[1])) is not None:
        return mantissa * Fraction(f"1e{match[2] or match[3]}")
    return None


def _ordinary(text: str) -> Fraction | None:
    match = _ORDINARY.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    return Fraction(f"{match[1]}{(match[2] or '0').replace(',', '')}.{match[3] or '0'}")
