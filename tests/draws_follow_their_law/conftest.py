from collections.abc import Callable

import pytest
from proof import Proof


@pytest.fixture
def proof(record_property: Callable[[str, object], None]) -> Proof:
    """The gate for statistical claims."""
    return Proof(record_property)
