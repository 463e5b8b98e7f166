"""Labelled arrays, declared once: as an xarray Dataset, and as one self-describing file (netCDF-4).

Names and units follow the CF conventions where these have a word for it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from frenemy.runtime.visible import visible

if TYPE_CHECKING:
    import xarray

__all__ = ["Variable", "as_dataset", "texts", "write_variables"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One labelled array; a coordinate if it is named like its only dimension."""

    name: str
    dims: tuple[str, ...]
    values: NDArray[Any]
    long_name: str
    units: str = ""

    @property
    def attributes(self) -> Mapping[str, str]:
        """What a reader needs to know to use the numbers."""
        units = {"units": self.units} if self.units else {}
        calendar = {"calendar": "proleptic_gregorian"} if " since " in self.units else {}
        axis = {"axis": "T"} if calendar and self.dims == (self.name,) else {}
        return {"long_name": self.long_name, **units, **calendar, **axis}


def write_variables(variables: Iterable[Variable], attributes: Mapping[str, Any], path: Path) -> None:
    """Write a netCDF-4 file; the same arrays give the same bytes with the same libraries. Empty ones are left out.

    Arrays of numbers are compressed without loss. Raises OSError where the file cannot be written.
    """
    import h5netcdf
    import h5py

    filled = [item for item in variables if item.values.size > 0]
    memory = io.BytesIO()  # HDF5 itself may crash the process when the disk is full
    with h5netcdf.File(memory, "w") as file:
        file.dimensions = {dim: size for item in filled for dim, size in zip(item.dims, item.values.shape, strict=True)}
        file.attrs.update({key: visible(it) if isinstance(it, str) else it for key, it in attributes.items()})
        for item in filled:
            textual = item.values.dtype.kind in "UO"
            packing = {} if textual else {"compression": "gzip", "compression_opts": 4, "shuffle": True}
            dtype = h5py.string_dtype() if textual else item.values.dtype
            target = file.create_variable(item.name, item.dims, dtype, **packing)
            target[...] = item.values
            target.attrs.update(item.attributes)
    path.write_bytes(memory.getbuffer())


def as_dataset(
    variables: Iterable[Variable], attributes: Mapping[str, Any], auxiliary: Sequence[str] = ()
) -> xarray.Dataset:
    """The same variables as in the file, with dates decoded; `auxiliary` are further coordinates."""
    import xarray

    arrays = {item.name: (item.dims, item.values, dict(item.attributes)) for item in variables}
    dates = xarray.coders.CFDatetimeCoder(time_unit="s")  # dates in nanoseconds would end in 2262
    dataset = xarray.decode_cf(xarray.Dataset(arrays, attrs=dict(attributes)), decode_times=dates)
    return dataset.set_coords([name for name in auxiliary if name in arrays])


def texts(words: Iterable[str]) -> NDArray[Any]:
    """Words as an array; a control character, which the file cannot hold, is written as an escape."""
    return np.array([visible(word) for word in words], dtype=object)
