"""What all studies share: findings, shown on a terminal, in a notebook and in a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypedDict, TypeVar, Unpack, cast

from frenemy.model.experiment import Experiment
from frenemy.model.files.dump import dump_resolved
from frenemy.model.resolved import Model
from frenemy.studies.save import RESOLVED, save_study, save_tables

if TYPE_CHECKING:
    from rich.console import RenderableType

    from frenemy.present.section import Section
    from frenemy.present.sheet import Picture

__all__ = ["DataStudy", "Findings", "FindingsBase", "Presenter", "Study"]


class Findings(Protocol):
    """Findings about a model and an experiment."""

    @property
    def model(self) -> Model: ...

    @property
    def experiment(self) -> Experiment: ...


F = TypeVar("F")
S_contra = TypeVar("S_contra", contravariant=True)
W = TypeVar("W", bound=Findings)


class Presenter(Protocol[S_contra]):
    """The module of a study that shows its findings: `text.py`, or one that ends in `_text`."""

    def as_text(self, found: S_contra) -> RenderableType:
        """The findings for a terminal."""
        ...

    def as_data(self, found: S_contra) -> dict[str, Any]:
        """All findings as plain data, ready for JSON."""
        ...

    def section(self, found: S_contra) -> Section:
        """The section of a report."""
        ...

    def tables(self, found: S_contra) -> Mapping[str, str]:
        """All tables as text, by file name."""
        ...

    def pictures(self, found: S_contra) -> Sequence[Picture]:
        """All pictures."""
        ...

    def footer(self, found: S_contra) -> str:
        """The foot of each picture."""
        ...


class Content(TypedDict):
    """The content of every folder of findings."""

    tables: Mapping[str, str]
    pictures: Sequence[Picture]
    footer: str
    inputs: Mapping[str, Path] | None
    command: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FindingsBase(ABC, Generic[F]):
    """Findings of one kind: print, plot, save them, or add them to a report."""

    _shown_by: ClassVar[str] = "text"
    """The module beside `study.py` that shows the findings."""

    findings: F

    def _presenter(self) -> Presenter[F]:
        """The module that shows the findings, loaded on first use."""
        study = type(self).__module__.rpartition(".")[0]
        return cast("Presenter[F]", import_module(f"{study}.{self._shown_by}"))

    @abstractmethod
    def _write(self, folder: str | Path, **content: Unpack[Content]) -> Path:
        """Write the folder of findings of this kind."""

    def tables(self) -> Mapping[str, str]:
        """All tables as text, by file name."""
        return self._presenter().tables(self.findings)

    def section(self) -> Section:
        """A section for the report of a run, with its tables: pass it to `Result.save`."""
        tables = {name: text for name, text in self.tables().items() if name.endswith(".csv")}
        section: Section = self._presenter().section(self.findings)
        return replace(section, files=tables)

    def to_dict(self) -> dict[str, Any]:
        """All findings as plain data; unknown values are absent."""
        return self._presenter().as_data(self.findings)

    def save(
        self,
        folder: str | Path,
        *,
        plots: bool = True,
        inputs: Mapping[str, Path] | None = None,
        command: Sequence[str] = (),
    ) -> Path:
        """Write a folder, whole or not at all: tables, with `plots` the pictures, and a manifest that names the inputs.

        Findings about a model come with the resolved model. Raises InputError if the folder holds something other than
        a result, OSError if the disk is full.
        """
        present, found = self._presenter(), self.findings
        pictures, footer = present.pictures(found) if plots else (), present.footer(found)
        return self._write(
            folder, tables=self.tables(), pictures=pictures, footer=footer, inputs=inputs, command=command
        )

    def __rich__(self) -> RenderableType:
        return self._presenter().as_text(self.findings)

    def _repr_html_(self) -> str:
        from frenemy.present.section import as_html

        return as_html(self.section())


class Study(FindingsBase[W]):
    """Findings about a model and an experiment, saved with both."""

    __slots__ = ()

    def _resolved(self) -> Mapping[str, str]:
        """The TOML that reproduces the findings, by file name."""
        return {RESOLVED: dump_resolved(self.findings.model, self.findings.experiment)}

    def _size(self) -> Mapping[str, int]:
        """How much was simulated, for the manifest."""
        run = self.findings.experiment
        return {"paths": run.paths, "draws": run.uncertainty.draws}

    def _write(self, folder: str | Path, **content: Unpack[Content]) -> Path:
        return save_study(folder, self.findings.experiment, resolved=self._resolved(), size=self._size(), **content)


class DataStudy(FindingsBase[F]):
    """Findings from data, without a model."""

    __slots__ = ()

    def _write(self, folder: str | Path, **content: Unpack[Content]) -> Path:
        return save_tables(folder, **content)
