# SPDX-License-Identifier: MIT
#
# The words of the Bengali pages: the terms that docs/glossary.md settles, and their spelling.

import pathlib
import re
import subprocess
import unicodedata

from pages import HERE, Missing, put, Trouble

BENGALI = "\u0980-\u09ff"
JOINERS = "\u200c\u200d"
WORD = re.compile(rf"[{BENGALI}{JOINERS}]+")
DIGITS = re.compile(r"[\u09e6-\u09ef]+")
# A case ending that hangs on a word in Latin letters or on code: heap-[er], `kfree`-[ke].
ENDING = re.compile(rf"(?<=[A-Za-z0-9\x00)*_])-[{BENGALI}]+")
FOLDERS = [pathlib.Path(name) for name in ("/usr/share/hunspell", "/usr/share/myspell", "/opt/homebrew/share/hunspell")]
BUILT = HERE / "build" / "book" / "dictionary"
OWN = "docs/words.bn.txt"
GLOSSARY = "docs/glossary.md"


# Letters that Unicode knows in two ways; the dictionaries have them in one piece, NFC in two.
WHOLE = {"\u09af\u09bc": "\u09df", "\u09a1\u09bc": "\u09dc", "\u09a2\u09bc": "\u09dd"}
EMPHASIS = "\u0987\u0993"  # "just" and "too", which may hang on any word


def plain(word):
    """One spelling for letters that can be written in two ways, and no joiners."""
    word = unicodedata.normalize("NFC", re.sub(f"[{JOINERS}]", "", word))
    for pieces, whole in WHOLE.items():
        word = word.replace(pieces, whole)
    return word


# --- terms

def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def forbidden(root):
    """{form that is not used: the term that is}, from the glossary's table."""
    file = root / GLOSSARY
    if not file.exists():
        return {}
    rows = [cells(line) for line in file.read_text(encoding="utf-8").split("\n") if line.startswith("|")]
    found = {}
    for row in rows[2:]:
        if len(row) < 4:
            raise Trouble(f"{GLOSSARY}: a row needs four cells: term, Bengali term, forms not to use, meaning: {row[0]}")
        for form in re.split(r"[,;\u060c]", row[2]):
            form = form.strip(" `\"'*_")
            if form and not re.fullmatch(r"[-\u2013\u2014]+", form):
                found[plain(form)] = row[1].strip("`*")
    return found


def form_pattern(form):
    """A Bengali form with any ending on it; a Latin one as a whole word."""
    before = rf"(?<![{BENGALI}A-Za-z])"
    behind = "" if re.search(f"[{BENGALI}]$", form) else r"(?![A-Za-z])"
    return re.compile(before + re.escape(form) + behind, 0 if re.search("[A-Z]", form) else re.I)


def terms(root, page, say):
    if page.language != "bn" or str(page.path) == GLOSSARY:
        return
    patterns = [(form, term, form_pattern(form)) for form, term in forbidden(root).items()]
    for number, line in page.prose:
        for form, term, pattern in patterns:
            if pattern.search(plain(line)):
                say(f"{page.path}:{number}: the glossary says {term}, not {form}")


# --- spelling

def own_words(root, say):
    file = root / OWN
    if not file.exists():
        return set()
    words = file.read_text(encoding="utf-8").split("\n")[:-1]
    if words != sorted(set(words)):
        say(f"{OWN}: the words must stand in order, each once: LC_ALL=C sort -u -o {OWN} {OWN}")
    return {plain(word) for word in words}


def words_of(page):
    for number, line in page.prose:
        for match in WORD.finditer(ENDING.sub(" ", line)):
            word = plain(DIGITS.sub("", match[0]))
            if word:
                yield number, word


def unknown(words):
    """Those that the dictionary does not know, with or without an emphasis at their end."""
    found = not_in_dictionary(words)
    bare = {word: word.rstrip(EMPHASIS) for word in found}
    still = not_in_dictionary({stem for word, stem in bare.items() if stem and stem != word})
    return {word for word, stem in bare.items() if not stem or stem == word or stem in still}


def dictionary():
    """hunspell's Bengali words, with the signs told to it that belong to words: else it splits words at their vowels."""
    found = [folder / "bn_BD.dic" for folder in FOLDERS if (folder / "bn_BD.dic").exists()]
    if not found:
        raise Missing("hunspell's Bengali dictionary")
    letters = "".join(map(chr, range(0x980, 0xa00)))
    rules = found[0].with_suffix(".aff").read_text(encoding="utf-8")
    put(BUILT / "bn.aff", f"{rules}\nWORDCHARS {letters}\n".encode())
    put(BUILT / "bn.dic", found[0].read_bytes())
    return BUILT / "bn"


def not_in_dictionary(words):
    if not words:
        return set()
    try:
        done = subprocess.run(["hunspell", "-d", dictionary(), "-i", "utf-8", "-l"], input="\n".join(sorted(words)) + "\n",
                              capture_output=True, text=True, check=False)
    except OSError as error:
        raise Missing("hunspell") from error
    if done.returncode:
        raise Trouble(f"hunspell: {done.stderr.strip()}")
    return {plain(word) for word in done.stdout.split()}


def spelling(root, found, say):
    own, places = own_words(root, say), {}
    for page in found:
        if page.language == "bn":
            for number, word in words_of(page):
                places.setdefault(word, f"{page.path}:{number}")
    for word in sorted(unknown(set(places) - own), key=lambda one: places[one]):
        say(f"{places[word]}: is {word} spelt so? If it is, add it to {OWN}")
