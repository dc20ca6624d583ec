# Generated from src/secrets/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Values that steps of pipelines get, and nobody is shown."""

from typing import TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


class Secret(TypedDict):
    """A value that steps of pipelines get, and nobody is ever shown."""
    name: str
    """Name of a secret, and of the variable that a step gets it in: DB_URL."""
    environment: NotRequired[str]
    """The environment that it is of; of the workspace unless said."""
    version: int
    """Counts each value that it was given."""
    pipelines: list[str]
    """Pipelines that may name it, * for any letters."""
    created_at: int
    """When it was first given a value. Milliseconds since 1970, UTC."""
    updated_at: int
    """When it was given this one. Milliseconds since 1970, UTC."""
    updated_by: str


class RotateSecretsKeyAnswer(TypedDict):
    key: str
    """What the new key is called: a digest, and nothing of the key."""
    secrets: int
    """So many secrets were sealed anew."""


class SecretsApi:
    """Values that steps of pipelines get, and nobody is shown."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete_secret(
        self,
        secret: str,
        *,
        environment: str | None = None,
    ) -> None:
        """Remove a secret.

        DELETE /api/v1/secrets/:secret; needs secret:admin.

        Args:
            secret: Name of a secret, as the variable that a step gets it in: DB_URL; 64 characters
                at most.
            environment: The environment that it is of; of the workspace unless said.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/secrets/{segment('secret', secret)}",
            query=given({'environment': environment}),
        )

    def list_secrets(
        self,
    ) -> Page[Secret]:
        """List secrets: their names, and never what they are.

        GET /api/v1/secrets; needs secret:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/secrets',
        )

    def rotate_secrets_key(
        self,
    ) -> RotateSecretsKeyAnswer:
        """Make a new master key, and seal the keys of all secrets with it.

        POST /api/v1/secrets-key/rotate; needs server:admin.
        """
        return self._transport.json(
            'POST',
            '/api/v1/secrets-key/rotate',
        )

    def set_secret(
        self,
        secret: str,
        *,
        value: str,
        environment: str | None = None,
        pipelines: list[str] | None = None,
    ) -> Secret:
        """Give a secret a value, and say which pipelines may name it.

        Never shown again. Which pipelines may name it is said with the value: a value never follows
        to others.

        PUT /api/v1/secrets/:secret; needs secret:admin.

        Args:
            secret: Name of a secret, as the variable that a step gets it in: DB_URL; 64 characters
                at most.
            value: 8 to 32,000 characters: a shorter one could not be hidden in a log.
            environment: The environment that it is of; of the workspace unless said.
            pipelines: Pipelines that may name it, * for any letters; all of the workspace unless
                said.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/secrets/{segment('secret', secret)}",
            query=given({'environment': environment}),
            json=given({'value': value, 'pipelines': pipelines}),
        )
