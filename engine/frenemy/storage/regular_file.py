"""Read a user's file: a regular one, of a size that can be meant. A pipe would wait for ever, a device never ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from frenemy.errors import InputError, Problem

__all__ = ["MAX_BYTES", "decode", "read_bytes"]

MAX_BYTES = 100_000_000
"""A larger file is treated as a mistake."""


def read_bytes(path: Path, label: str = "", *, most: int = MAX_BYTES) -> bytes:
    """The contents of a file, `label` being its name in messages.

    Raises InputError if there is none, if it is a folder, a pipe or a device, and if it is too large.
    """
    label = label or str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:  # fails for a folder
            kind = os.fstat(descriptor).st_mode
            content = file.read(most + 1) if stat.S_ISREG(kind) else b""
    except FileNotFoundError:
        raise InputError([Problem(message="no such file", file=label)]) from None
    except IsADirectoryError:
        raise InputError([Problem(message="is a folder, not a file", file=label)]) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(message=f"cannot be read: {why}", file=label)]) from None
    if not stat.S_ISREG(kind):
        message = "is a pipe or a device, not a file"
        raise InputError([Problem(message=message, file=label, allowed="a file on disk")])
    if len(content) > most:
        allowed = f"at most {most // 1_000_000:,} MB"
        raise InputError([Problem(message="is too large", file=label, allowed=allowed)])
    return content


def decode(content: bytes, label: str) -> str:
    """UTF-8 text, with or without a byte order mark. Raises InputError with the line that is something else."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}"
        problem = Problem(message="not UTF-8 text; save the file as UTF-8", file=label, line=line, found=found)
        raise InputError([problem]) from None
