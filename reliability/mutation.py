"""Damage done to a text or to the words of a command, all of it decided by one random generator."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

__all__ = ["damaged", "damaged_words"]

TOKEN = re.compile(
    r"\d{4}-\d\d-\d\d|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\"[^\"\n]*\"|[A-Za-z_][A-Za-z_0-9]*|[^\sA-Za-z0-9]"
)
VALUES = (
    "0", "-0.0", "1", "-1", "2", "0.5", "1.0", "100", "101", "1e-300", "1e300", "1e400", "-1e300", "nan", "inf", "-inf",
    "0x10", "1_000", "007", "1" + 400 * "0", "9223372036854775808", "-9223372036854775809", "4294967296", "0,5", "4%",
    "true", "false", '""', '" "', '"x"', '"true"', '"4w"', '"0w"', '"-1w"', '"1e9y"', '"99999999999y"', '"1d"', '"7"',
    "[]", "[[]]", "{}", "[{}]", "{ a = 1 }", "[1, 2]", "[nan]", "{ q05 = 1, median = 1, q95 = 1 }",
    "{ q05 = 0.1, median = 0.2, q95 = 0.2000001 }", "{ min = 0, mode = 0, max = 1 }", "{ pool = [0.2, 0.4] }",
    "1979-05-27", "0001-01-01", "9999-12-31", "2026-02-30", "2026-01-05", "2026-01-05T00:00:00Z", "07:32:00",
    '"\\u0000"', '"\\u202e"', '"\\u001b[31m"', '"=1+1"', '"' + 300 * "x" + '"', "'''x'''", '"Größe"', '"税"', '"🙂"',
    "trust", "water", "diversion", "drought", "dispute", "calm", "count(protest)", "active(drought)", "not", "null",
)  # fmt: skip
"""What is put in the place of a value: the ends of every range, other kinds, and what is mistaken for one."""
WORDS = (
    "", " ", "-", "--", "=", ".", "..", "../..", "nowhere", "a\nb", "\udcff", "\u202e", "🙂", "0", "-1", "1.5",
    "nan", "inf", "1e400", "9223372036854775808", "99999999999999999999", "1e5", "0x10", "yes", "2026-01-05",
    "0001-01-01", "9999-12-31", "2026-13-01", "trust=", "=1", "a=b=c", "drivers.trust.start=40",
    "drivers.trust.start=nan", "drivers.nobody.start=1", "triggers.diversion.probability=0.1..0.9:3",
    "triggers.diversion.probability=9..1", "triggers.diversion.probability", "dispute=0.5", "dispute=150%", "dispute",
    "nobody", "drivers.toml", "experiments",
    "data/levels.csv", "runs/first", "/dev/null", "x" * 300, "--help", "--seed", "--nonsense", "--json", "--no-plots",
)  # fmt: skip
"""Words that a command line may hold in the place of another. None is a place outside the workplace to write to."""


def damaged(text: bytes, chance: Random) -> bytes:
    """The text with one kind of damage, or with two."""
    for _ in range(chance.choice((1, 1, 1, 2))):
        damage = chance.choice(_DAMAGES)
        text = damage(text, chance)
    return text


def damaged_words(words: Sequence[str], chance: Random) -> list[str]:
    """The words of a command, of which the first is its name, with one or two changed."""
    found = list(words)
    for _ in range(chance.choice((1, 1, 2))):
        place = chance.randrange(1, len(found)) if len(found) > 1 else 1
        match chance.randrange(5):
            case 0:
                del found[place : place + 1]
            case 1:
                found.insert(place, chance.choice(WORDS))
            case 2 if len(found) > 2:
                other = chance.randrange(1, len(found))
                found[place], found[other] = found[other], found[place]
            case _:
                found[place : place + 1] = [chance.choice(WORDS)]
    return found


def _with_tokens(change: Callable[[list[str], list[int], Random], None]) -> Callable[[bytes, Random], bytes]:
    """A damage to the tokens of a text: it gets all pieces and the places of the tokens among them."""

    def damage(text: bytes, chance: Random) -> bytes:
        pieces, places, end = [], [], 0
        whole = text.decode("utf-8", errors="surrogateescape")
        for token in TOKEN.finditer(whole):
            pieces += [whole[end : token.start()], token[0]]
            places.append(len(pieces) - 1)
            end = token.end()
        pieces.append(whole[end:])
        if places:
            change(pieces, places, chance)
        return "".join(pieces).encode("utf-8", errors="surrogateescape")

    return damage


def _value(pieces: list[str], places: list[int], chance: Random) -> None:
    values = [place for place in places if pieces[place][0] in '"-+0123456789' or pieces[place] in {"true", "false"}]
    pieces[chance.choice(values or places)] = chance.choice(VALUES)


def _token(pieces: list[str], places: list[int], chance: Random) -> None:
    pieces[chance.choice(places)] = chance.choice(VALUES)


def _exchange(pieces: list[str], places: list[int], chance: Random) -> None:
    one, other = chance.choice(places), chance.choice(places)
    pieces[one], pieces[other] = pieces[other], pieces[one]


def _copy(pieces: list[str], places: list[int], chance: Random) -> None:
    pieces[chance.choice(places)] = pieces[chance.choice(places)]


def _remove(pieces: list[str], places: list[int], chance: Random) -> None:
    pieces[chance.choice(places)] = ""


def _twice(pieces: list[str], places: list[int], chance: Random) -> None:
    pieces[chance.choice(places)] *= chance.choice((2, 2, 3, 2000))


def _nested(pieces: list[str], places: list[int], chance: Random) -> None:
    place, depth = chance.choice(places), chance.choice((1, 2, 40, 2000))
    left, right = chance.choice((("[", "]"), ("{ a = ", " }"), ("(", ")"), ("not ", "")))
    pieces[place] = depth * left + pieces[place] + depth * right


def _number(pieces: list[str], places: list[int], chance: Random) -> None:
    numbers = [place for place in places if re.fullmatch(r"[-+]?\d+(\.\d+)?", pieces[place])]
    if numbers:
        place = chance.choice(numbers)
        value = float(pieces[place]) * chance.choice((-1, 0, 0.5, 0.999, 1.001, 2, 10, 1e-9))
        pieces[place] = f"{value:.6g}"


def _lines(change: Callable[[list[bytes], Random], None]) -> Callable[[bytes, Random], bytes]:
    def damage(text: bytes, chance: Random) -> bytes:
        lines = text.splitlines(keepends=True)
        if lines:
            change(lines, chance)
        return b"".join(lines)

    return damage


def _line_away(lines: list[bytes], chance: Random) -> None:
    first = chance.randrange(len(lines))
    del lines[first : first + chance.choice((1, 1, 1, 3))]


def _line_twice(lines: list[bytes], chance: Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def _line_moved(lines: list[bytes], chance: Random) -> None:
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randrange(len(lines) + 1), line)


def _lines_shuffled(lines: list[bytes], chance: Random) -> None:
    first = chance.randrange(len(lines))
    part = lines[first : first + 6]
    chance.shuffle(part)
    lines[first : first + 6] = part


def _cut(text: bytes, chance: Random) -> bytes:
    return text[: chance.randrange(len(text) + 1)]


def _slice_away(text: bytes, chance: Random) -> bytes:
    first = chance.randrange(len(text) + 1)
    return text[:first] + text[first + chance.choice((1, 2, 10, 100)) :]


def _bytes_changed(text: bytes, chance: Random) -> bytes:
    found = bytearray(text)
    for _ in range(chance.choice((1, 2, 8)) if found else 0):
        found[chance.randrange(len(found))] = chance.choice(
            (0, 10, 13, 34, 44, 61, 91, 127, 128, 255, chance.randrange(256))
        )
    return bytes(found)


def _bytes_put_in(text: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(text) + 1)
    return (
        text[:place]
        + chance.choice((chance.randbytes(4), b"\0", b"\xef\xbb\xbf", b"\x1b[31m", b"\n", b",", b'"'))
        + text[place:]
    )


def _recoded(text: bytes, chance: Random) -> bytes:
    plain = text.decode("utf-8", errors="replace")
    match chance.randrange(6):
        case 0:
            return plain.encode("utf-16")
        case 1:
            return plain.encode("utf-8-sig")
        case 2:
            return text.replace(b"\n", b"\r\n")
        case 3:
            return text.replace(b"\n", b"\r")
        case 4:
            return plain.replace('"', "\u201c").encode()
        case _:
            return text.replace(b",", b";")


def _emptied(_: bytes, chance: Random) -> bytes:
    return chance.choice((b"", b"\n", b"\0", b"#", b"{}", b"[]", b"date,level\n"))


_DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *4 * [_with_tokens(_value)], *2 * [_with_tokens(_number)],
    *(_with_tokens(change) for change in (_token, _exchange, _copy, _copy, _remove, _twice, _nested)),
    *(_lines(change) for change in (_line_away, _line_away, _line_twice, _line_moved, _lines_shuffled)),
    _cut, _slice_away, _bytes_changed, _bytes_put_in, _recoded,
    lambda text, chance: _emptied(text, chance) if chance.randrange(5) == 0 else _cut(text, chance),
)  # fmt: skip
