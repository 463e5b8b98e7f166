"""Array types, and the order of axes.

Wherever an array has several axes they come in this order, those that it lacks left out:

    draws, ticks, drivers | triggers | dates | scenarios, paths

Draws of the uncertain numbers come first and paths last, so that the paths of one draw lie side by side in memory. What
belongs to ticks has one row for each assessment, or one more where the start is counted; each docstring says which.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Floats", "Ints"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
