# Generated from src/platform/events/webhooks/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Events that the server sends to other places."""

from typing import TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


class Webhook(TypedDict):
    """Sends events of the workspace to a URL, signed after Standard Webhooks (webhook-id,
    webhook-timestamp, webhook-signature: v1).
    """
    id: str
    name: NotRequired[str]
    """What its maker calls it."""
    description: NotRequired[str]
    form: NotRequired[str]
    """In whose words it tells events: `mlflow`; ours where there is none."""
    url: str
    """https://… of the receiver; internal hosts only where an admin of the server opened them."""
    types: list[str]
    """Event types to send: `model_version.promoted`, `run.*`, or `*` for all."""
    enabled: bool
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When its settings were last changed. Milliseconds since 1970, UTC."""
    last_at: NotRequired[int]
    """Last delivery, or attempt at one. Milliseconds since 1970, UTC."""
    last_status: NotRequired[int]
    """HTTP status of the last answer."""
    last_error: NotRequired[str]
    """Why the last attempt failed."""
    failures: int
    """Failed attempts since the last good one. A webhook that only fails is switched off."""


class CreateWebhookAnswer(TypedDict):
    webhook: Webhook
    secret: NotRequired[str]
    """`whsec_…`: shown once, when it is made."""


class UpdateWebhookAnswer(TypedDict):
    webhook: Webhook
    secret: NotRequired[str]
    """`whsec_…`: shown once, when it is made."""


class WebhooksApi:
    """Events that the server sends to other places."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_webhook(
        self,
        *,
        url: str,
        types: list[str],
    ) -> CreateWebhookAnswer:
        """Send events to a URL.

        POST /api/v1/webhooks; needs webhook:admin.

        Args:
            url: https://… of the receiver; internal hosts only where an admin of the server opened
                them.
            types: Event types to send: `model_version.promoted`, `run.*`, or `*` for all.
        """
        return self._transport.json(
            'POST',
            '/api/v1/webhooks',
            json=given({'url': url, 'types': types}),
        )

    def delete_webhook(
        self,
        webhook: str,
    ) -> Webhook:
        """Remove a webhook.

        DELETE /api/v1/webhooks/:webhook; needs webhook:admin.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/webhooks/{segment('webhook', webhook)}",
        )

    def list_webhooks(
        self,
    ) -> Page[Webhook]:
        """List webhooks.

        GET /api/v1/webhooks; needs webhook:admin.
        """
        return self._transport.page(
            'GET',
            '/api/v1/webhooks',
        )

    def update_webhook(
        self,
        webhook: str,
        *,
        url: str | None = None,
        types: list[str] | None = None,
        enabled: bool | None = None,
        new_secret: bool | None = None,
    ) -> UpdateWebhookAnswer:
        """Change a webhook.

        A new URL drops the secret: a fresh one is made and shown once, so that no secret ever
        follows to another place.

        PATCH /api/v1/webhooks/:webhook; needs webhook:admin.

        Args:
            url: https://… of the receiver; internal hosts only where an admin of the server opened
                them.
            types: Event types to send: `model_version.promoted`, `run.*`, or `*` for all.
            new_secret: Make a fresh secret.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/webhooks/{segment('webhook', webhook)}",
            json=given({
                'url': url,
                'types': types,
                'enabled': enabled,
                'new_secret': new_secret,
            }),
        )
