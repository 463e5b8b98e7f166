"""Puts this folder on the import path, so that every test can import the shared builders; no colours, no windows."""

import os

os.environ["MPLBACKEND"] = "Agg"
os.environ.pop("FORCE_COLOR", None)
os.environ["NO_COLOR"] = "1"
os.environ["COLUMNS"] = "120"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the package does, which tests import after NumPy
