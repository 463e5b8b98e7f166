"""Array types, and the order of axes.

Arrays with several axes have them in this order, omitting those that do not apply:

    draws, ticks, drivers | triggers | dates | scenarios, paths

Draws of the uncertain numbers come first and paths last, so that the paths of one draw are contiguous in memory. Arrays
over ticks have one row for each assessment, or one more if the start is included; each docstring says which.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Floats", "Ints"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
