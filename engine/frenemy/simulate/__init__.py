"""The law of the model, twice: `ensemble` runs many paths fast, `storyline` tells one in full.

Users call `frenemy.simulate(model, ...)`, and the import system puts this package at that name: so the package answers
the call, with `frenemy.api.simulate`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return import_module("frenemy.api").simulate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
