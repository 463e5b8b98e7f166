"""Text of a user's file made safe to print: nothing in it steers a terminal or reverses what one reads."""

from __future__ import annotations

import re

__all__ = ["visible"]

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and line feed, marks of direction, halves of characters."""


def visible(text: str) -> str:
    r"""The text with such characters as escapes: `\x1b`, `\u202e`."""
    return UNSEEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
