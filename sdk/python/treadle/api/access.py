# Generated from src/access/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Who calls, workspaces and tokens."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


RoleName = Literal['viewer', 'editor', 'admin', 'owner']
"""viewer reads; editor also writes; admin also manages the tokens and webhooks of the workspace; owner
enters every workspace and makes new ones.
"""


class NewToken(TypedDict):
    name: str
    """What it is for."""
    role: RoleName
    workspace: NotRequired[str]
    """Lower-case letters, digits and dashes; 63 characters at most."""
    days: NotRequired[int]
    """Days until it expires; 90 unless said."""


class Token(TypedDict):
    id: str
    name: str
    """What it is for."""
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""
    role: RoleName
    prefix: str
    """The first characters, to recognise it by."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    expires_at: int
    """When it stops working. Milliseconds since 1970, UTC."""
    last_used_at: NotRequired[int]
    """Last use, to the minute. Milliseconds since 1970, UTC."""
    revoked_at: NotRequired[int]
    """When it was revoked. Milliseconds since 1970, UTC."""
    execution: NotRequired[str]
    """Of the steps of this execution: writes to its runs alone, and ends with it."""


class WhoAmI(TypedDict):
    name: str
    kind: str
    """owner (local, without a token), token or system."""
    role: RoleName
    workspace: str


class Workspace(TypedDict):
    name: str
    """Lower-case letters, digits and dashes; 63 characters at most."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""


class CreateTokenAnswer(TypedDict):
    token: Token
    secret: str
    """Keep it; it cannot be shown again."""


class AccessApi:
    """Who calls, workspaces and tokens."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_token(
        self,
        *,
        name: str,
        role: RoleName,
        workspace: str | None = None,
        days: int | None = None,
    ) -> CreateTokenAnswer:
        """Make a token; its secret is shown this once.

        POST /api/v1/tokens; needs token:admin.

        Args:
            name: What it is for.
            role: viewer reads; editor also writes; admin also manages the tokens and webhooks of
                the workspace; owner enters every workspace and makes new ones.
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
            days: Days until it expires; 90 unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/tokens',
            json=given({'name': name, 'role': role, 'workspace': workspace, 'days': days}),
        )

    def create_workspace(
        self,
        *,
        name: str,
    ) -> Workspace:
        """Make a workspace.

        POST /api/v1/workspaces; needs server:admin.

        Args:
            name: Lower-case letters, digits and dashes; 63 characters at most.
        """
        return self._transport.json(
            'POST',
            '/api/v1/workspaces',
            json=given({'name': name}),
        )

    def list_tokens(
        self,
    ) -> Page[Token]:
        """List tokens.

        GET /api/v1/tokens; needs token:admin.
        """
        return self._transport.page(
            'GET',
            '/api/v1/tokens',
        )

    def list_workspaces(
        self,
    ) -> Page[Workspace]:
        """List the workspaces the caller may enter.

        GET /api/v1/workspaces; needs workspace:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/workspaces',
        )

    def revoke_token(
        self,
        id: str,
    ) -> Token:
        """Revoke a token at once.

        DELETE /api/v1/tokens/:id; needs token:admin.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/tokens/{segment('id', id)}",
        )

    def who_am_i(
        self,
    ) -> WhoAmI:
        """Say who the caller is.

        GET /api/v1/me; needs workspace:read.
        """
        return self._transport.json(
            'GET',
            '/api/v1/me',
        )
