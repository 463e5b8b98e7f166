import re
from collections.abc import Iterator

import pytest
from proof import PAGE, WRITING, Proof


def without_numbers(text: str) -> str:
    return re.sub(r"[\d.,]+", "#", text)


@pytest.fixture(scope="session")
def page() -> str:
    """docs/verification.md with a sign for each number: the last digit may differ on another machine."""
    return without_numbers(PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def proof(request: pytest.FixtureRequest, page: str) -> Iterator[Proof]:
    """The gate for statistical claims; each is kept with the test's report and must be on the page."""
    claims = list[str]()

    def record(key: str, row: object) -> None:
        request.node.user_properties.append((key, row))
        claims.append(row[1])

    yield Proof(record)
    if WRITING not in request.config.stash:
        missing = [claim for claim in claims if without_numbers(claim) not in page]
        assert not missing, f"{PAGE.name} does not contain this; run tests/draws_follow_their_law/figures.py: {missing}"
