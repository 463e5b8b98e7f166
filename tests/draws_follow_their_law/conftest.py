import pytest
from proof import Proof


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Proof:
    """The gate for statistical claims; what passes it is kept with the test's report."""
    return Proof(lambda key, row: request.node.user_properties.append((key, row)))
