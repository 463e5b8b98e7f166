"""Binary frames: a length, a head in JSON, and a block of float32 (or, for files, of bytes)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack", "pack_bytes", "unpack"]


def pack(head: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float64]]) -> bytes:
    """A frame; `head.arrays` gives the first float and the shape of each array in the block."""
    index, blocks, at = {}, [], 0
    for name, array in arrays.items():
        index[name] = {"at": at, "shape": list(array.shape)}
        blocks.append(np.ascontiguousarray(array, dtype="<f4").tobytes())
        at += array.size
    return pack_bytes({**head, "arrays": index}, b"".join(blocks))


def pack_bytes(head: Mapping[str, Any], block: bytes) -> bytes:
    """A frame with a block of bytes."""
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + block


def unpack(frame: bytes) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Head and arrays of a frame."""
    (length,) = struct.unpack_from("<I", frame)
    head = json.loads(frame[4 : 4 + length])
    block = frame[4 + length :]
    arrays = {
        name: np.frombuffer(block, "<f4", int(np.prod(entry["shape"])), 4 * entry["at"]).reshape(entry["shape"])
        for name, entry in head.get("arrays", {}).items()
    }
    return head, arrays
