"""What is wrong with what a program said and wrote."""
import json, re, xml.etree.ElementTree

LONGEST_LINE = 1000
TEXTS = ("out.json", "out.csv", "out.svg", "out.html")
SANITIZER = re.compile(rb"ERROR: (AddressSanitizer|UndefinedBehaviorSanitizer): ?([\w -]*)|"
                       rb"^([\w./+-]+:\d+:\d+): runtime error: ([^\n]*)", re.MULTILINE)
# The first of the program's own lines in a report's stack.
FRAME = re.compile(rb"/(?:engine|layers|losses|noise|datasets|tools)/(?:[\w.]+/)*([\w.]+:\d+)")
NO_MEMORY = re.compile(rb"AddressSanitizer: (out-of-memory|allocation-size-too-big|calloc-overflow|hard rss limit)|"
                       rb"requested allocation size|failed to allocate|hard rss limit exhausted")
FOREIGN = re.compile(r"json\.exception|filesystem error|std::|basic_string|vector::|terminate called|bad_alloc|what\(\)|"
                     r"sto[dil]\b|_M_\w+|toml::|invalid argument to|CLI::|fmt::|format_error")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
NO_NUMBER = re.compile(r"(?<![\w\"/.-])-?(nan|inf|infinity|null)(?![\w\"/.-])", re.IGNORECASE)
# The ends of what is said of a message that repeats the command line.
ECHOED = ("standard error", "a refusal", "begin with noisegate:")
STOPPED = (128 + 2, 128 + 15)


def told(sentence):
    """Without what differs from case to case: quoted words, paths and numbers."""
    sentence = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", sentence[:300])
    return re.sub(r"\S*/\S*", "PATH", re.sub(r"-?\d[\d.e+-]*", "N", sentence))[:160]


def shown(word):
    """A word for the terminal, in quotes where it needs them."""
    text = word.decode("utf-8", "backslashreplace")
    text = text if len(text) <= 120 else f"{text[:120]}…({len(text)})"
    return text if re.fullmatch(r"[\w.,:/=+-]+", text, re.ASCII) else ascii(text)


def check_terminal(name, data):
    wrong = []
    try:
        text = data.decode()
    except UnicodeDecodeError:
        wrong.append(f"bytes that are no UTF-8 on the {name}")
        text = data.decode("utf-8", "replace")
    if CONTROL.search(text):
        wrong.append(f"control characters on the {name}")
    if DIRECTION.search(text):
        wrong.append(f"characters that turn the direction of writing on the {name}")
    if max(map(len, text.split("\n"))) > LONGEST_LINE:
        wrong.append(f"a line of more than {LONGEST_LINE} characters on the {name}")
    return wrong


def check_said(outcome, may_say_more=False):
    """What a program said and how it ended. may_say_more: than one line, as a sweep does of each of its runs."""
    wrong = []
    report = SANITIZER.search(outcome.errors)
    if report:
        what = report[2] or report[4] or b""
        where = FRAME.search(outcome.errors)
        return [f"sanitizer: {told(what.decode())}" + (f", in {where[1].decode()}" if where else "")]
    if outcome.is_hung:
        return ["hangs"]
    if outcome.code < 0:
        return [f"ended by signal {-outcome.code}"]
    if outcome.code not in (0, 1, 2) + STOPPED:
        wrong.append(f"exit code {outcome.code}")
    wrong += check_terminal("standard error", outcome.errors) + check_terminal("standard output", outcome.output)
    errors = outcome.errors.decode("utf-8", "replace")
    foreign = FOREIGN.search(errors)
    if foreign:
        wrong.append(f"{foreign.group()} in a message")
    lines = errors.split("\n")[:-1] if errors.endswith("\n") else errors.split("\n")
    if outcome.code in (1, 2) and len(lines) != 1 and not may_say_more:
        wrong.append(f"{'no' if errors == '' else 'several'} lines on the standard error for a refusal")
    if errors and any(not line.startswith("noisegate: ") for line in lines):
        wrong.append("a line on the standard error that does not begin with noisegate:")
    return wrong


def is_null_within(value):
    if isinstance(value, dict):
        value = list(value.values())
    return value is None or isinstance(value, list) and any(map(is_null_within, value))


def odd_words(path):
    """nan, inf and null among the values of a text file or of a page's data, and whether it is whole."""
    words = set()
    try:
        text = path.read_bytes().decode()
        if path.suffix == ".html":
            text = text.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
        if path.suffix in (".json", ".html"):
            if is_null_within(json.loads(text, parse_constant=lambda word: words.add(word.lower()))):
                words.add("null")
        else:
            words |= {word.group(1).lower() for word in NO_NUMBER.finditer(text)}
        if path.suffix == ".svg":
            xml.etree.ElementTree.fromstring(text.encode())
    except UnicodeDecodeError:
        words.add("bytes that are no UTF-8")
    except ValueError:
        words.add("no JSON")
    except xml.etree.ElementTree.ParseError:
        words.add("no XML")
    return words
