"""The consonants of a name, by which its Latin and its Arabic spelling are compared.

Arabic writes no short vowels, and everybody writes the long ones in Latin letters as they like. So
only the consonants are left, and those that Latin letters cannot tell apart are one.
"""

import re

ARTICLE = "ال"
_ARABIC = re.compile("[\u0621-\u06ff]")
# Folded names come without hamza and with one letter for those that are written for each other.
_CONSONANTS = str.maketrans("بتثجحخدذرزسشصضطظغفقكلمنه", "bttghkddrzsssdtzgfkklmnh", "اع")
_LATIN = (
    (r"^ou(?=[aeiy])", "w"),
    (r"kh|ck|q", "k"),
    (r"gh|dj|j", "g"),
    (r"sch|sh|ch|ç|c(?=[eiy])", "s"),
    (r"th", "t"),
    (r"dh", "d"),
    (r"ph|v", "f"),
    (r"c", "k"),
    (r"x", "ks"),
    (r"p", "b"),
)
_DOUBLE = re.compile(r"([^aeiouwyوي])\1+")
# In the middle, w and y may be a long vowel; a final h is not spoken.
_UNSPOKEN = re.compile(r"[aeiou]|(?<=.)[wyوي]|(?<=.)h$")


def is_arabic(name: str) -> bool:
    """Return whether a name is in Arabic letters."""
    return bool(_ARABIC.search(name))


def consonants(word: str) -> str:
    """Return the consonants of a folded word in Latin letters; of some names, none is left."""
    word = _DOUBLE.sub(r"\1", word)
    if is_arabic(word):
        first = word[:1].translate(str.maketrans("وي", "wy")) + word[1:]
        # Marked by a vowel, so that what follows a silent first letter is not the first.
        spelled = re.sub("^[اع]", "a", first).translate(_CONSONANTS)
    else:
        spelled = word
        for written, sound in _LATIN:
            spelled = re.sub(written, sound, spelled)
    return _UNSPOKEN.sub("", spelled)


def consonants_of(words: list[str]) -> list[list[str]]:
    """Return the consonants of a name's words; with and without the Arabic article."""
    bare = [word.removeprefix(ARTICLE) for word in words]
    ways = [words] if bare == words else [words, bare]
    return [[each for each in map(consonants, way) if each] for way in ways]
