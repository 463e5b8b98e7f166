"""Are options taken as they are written, or refused with what was found?"""

import inspect
import typing
from importlib import import_module

import pytest

from frenemy.cli.main import COMMANDS, MODULES


@pytest.mark.parametrize("text", ["1.5", "2.0", "0x10", "1_000", "١٢", "1e3", "1,000", "", "nan", "--"])
@pytest.mark.parametrize("option", ["--path", "--seed", "--workers"])
def test_a_whole_number_is_whole(first, frenemy, option, text):
    """Row A13: 1.5 became 2, 0x10 was 16."""
    code, _, err = frenemy("causes", first, f"{option}={text}")
    assert code == 2
    assert f"{option}: not a whole number" in err
    assert f"(found {text})" in err or not text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("run", "--workers", "9223372036854775808"), "9223372036854775808"),
        (("run", "--paths", "0"), "0"),
        (("run", "--seed", "99999999999999999999999"), "99999999999999999999999"),
        (("run", "--draws", "-1"), "-1"),
        (("hindcast", "--months", "3", "1.5"), "1.5"),
        (("sweep", "--over", "drivers.water.start=40..60:3", "--contour", "0.1", "--contour", "1_0"), "1_0"),
        (("tune", "--apart", "0"), "0"),
        (("tune", "--apart", "inf"), "inf"),
        (("workshop", "--port", "65536"), "65536"),
    ],
)
def test_a_number_out_of_range_is_said(first, frenemy, words, found):
    """Rows A13 and C8."""
    code, _, err = frenemy(words[0], first, *words[1:])
    assert code == 2
    assert f"(found {found})" in err
    assert "allowed: " in err


@pytest.mark.parametrize(
    ("command", "option", "texts"),
    [
        ("sweep", "--over", ("drivers.water.start=40..60:3", "drivers.water.start=20..80:3")),
        ("run", "--set", ("drivers.water.start=40", "drivers.water.start=60")),
        ("tune", "--target", ("open_dispute=0.3", "open_dispute=0.4")),
        ("tune", "--change", ("triggers.diversion.probability", "triggers.diversion.probability")),
    ],
)
def test_the_same_twice_is_refused(first, refused, command, option, texts):
    """Row A13: the second replaced the first without a word."""
    more = () if option != "--change" else ("--target", "open_dispute=0.3")
    said = refused(command, first, *(word for text in texts for word in (option, text)), *more)
    assert option.lstrip("-") in said


def test_every_number_on_the_command_line_is_read_in_one_place():
    """Whoever adds an option uses the types in options.py, which round nothing."""
    for name in COMMANDS:
        function = MODULES.get(name, name)
        hints = typing.get_type_hints(getattr(import_module(f"frenemy.cli.{function}"), function), include_extras=True)
        for option, hint in hints.items():
            if option != "return":
                assert not inspect.isclass(hint) or not issubclass(hint, int | float) or hint is bool, (name, option)
                assert plain_numbers(hint) == [], (name, option)


def plain_numbers(hint):
    """Numbers in a type that nothing of ours reads."""
    if typing.get_origin(hint) is typing.Annotated:
        parts = typing.get_args(hint)
        return [] if any(getattr(part, "converter", None) for part in parts[1:]) else plain_numbers(parts[0])
    return [hint] if hint in (int, float) else [each for part in typing.get_args(hint) for each in plain_numbers(part)]
