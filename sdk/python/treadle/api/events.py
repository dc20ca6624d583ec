# Generated from src/platform/events/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""What happens in the workspace, as it happens."""

from typing import Any, TypedDict

from .._typing import NotRequired
from ..transport import Events, Transport, given


class Event(TypedDict):
    """A committed fact."""
    seq: int
    """Grows with every event of the installation; send it back as Last-Event-ID to resume."""
    workspace: str
    type: str
    """A past-tense fact: `dataset_version.committed`."""
    subject: str
    """What it is about: `noun:id`."""
    actor: str
    """The name of who did it."""
    time: int
    """When it happened. Milliseconds since 1970, UTC."""
    data: NotRequired[dict[str, Any]]


class EventsApi:
    """What happens in the workspace, as it happens."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def stream_events(
        self,
        *,
        after: int | None = None,
        types: str | None = None,
    ) -> Events:
        """Follow what happens in the workspace.

        Server-sent events, of what the caller may see. A message without a name carries an Event.
        `ready` comes first and names the place in the stream; `reset` means that events were
        missed: read anew what is shown. `ping` every 25 s keeps proxies from closing the
        connection. Resume with the header Last-Event-ID (a browser sends it by itself) or with
        `after`.

        GET /api/v1/events; needs event:read.

        Args:
            after: Only events with a greater number.
            types: Only these types, separated by commas.
        """
        return self._transport.events(
            'GET',
            '/api/v1/events',
            query=given({'after': after, 'types': types}),
        )
