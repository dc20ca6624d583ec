# Generated from src/faces/rest/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""What the server says of itself."""

from typing import Any, Literal, TypedDict

from ..transport import Transport


class IsolationLevels(TypedDict):
    level: Literal['bwrap', 'uid', 'userns', 'none']
    """bwrap: bubblewrap; uid: users of their own; userns: a user namespace; none: the user of the
    server.
    """
    holds: bool
    """Whether it works on this machine, found by trying."""
    says: str
    """What it keeps apart, or why it does not hold."""


class Isolation(TypedDict):
    level: Literal['bwrap', 'uid', 'userns', 'none']
    """bwrap: bubblewrap; uid: users of their own; userns: a user namespace; none: the user of the
    server.
    """
    wanted: str
    """The setting: a level, or auto."""
    says: str
    """What the level keeps apart, in one sentence."""
    levels: list[IsolationLevels]
    """All of them, best first."""


class ServerApi:
    """What the server says of itself."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def docs(
        self,
    ) -> str:
        """The API on one page, to read.

        GET /docs.
        """
        return self._transport.text(
            'GET',
            '/docs',
        )

    def get_isolation(
        self,
    ) -> Isolation:
        """Say how the code of steps and models is kept apart from the server here.

        GET /api/v1/isolation; needs workspace:read.
        """
        return self._transport.json(
            'GET',
            '/api/v1/isolation',
        )

    def health(
        self,
    ) -> str:
        """Say that the process lives; /ready says whether it can work.

        GET /health.
        """
        return self._transport.text(
            'GET',
            '/health',
        )

    def open_api_document(
        self,
    ) -> Any:
        """The native API as OpenAPI 3.1.

        GET /openapi.json.
        """
        return self._transport.json(
            'GET',
            '/openapi.json',
        )

    def ready(
        self,
    ) -> str:
        """Say whether database, disk and ledger take a write; 503 and why when one does not.

        GET /ready.
        """
        return self._transport.text(
            'GET',
            '/ready',
        )
