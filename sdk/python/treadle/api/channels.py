# Generated from src/channels/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Where alerts are told, and what was delivered."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


class AlertmanagerSettings(TypedDict):
    kind: Literal['alertmanager']
    url: str
    """http://alertmanager:9093: alerts are posted to its API v2, one by one."""
    token: NotRequired[str]
    """Sent as a bearer token. Never shown again."""


ChannelKind = Literal['webhook', 'slack', 'pagerduty', 'email', 'alertmanager']


class Route(TypedDict):
    """Which alerts a channel is told of: those that fit all that is said. All of them where nothing
    is.
    """
    severities: NotRequired[list[Literal['page', 'ticket']]]
    """page: answers are worse; ticket: something is to be looked at."""
    causes: NotRequired[list[str]]
    """Causes of alerts: data, drift, performance, …; one that there is none of is refused."""
    endpoints: NotRequired[list[str]]
    """Names of endpoints; `*` stands for any letters: `flight-*`."""


class Channel(TypedDict):
    """A way out: where people, or what wakes them up, hear of alerts."""
    id: str
    name: str
    """Name of a channel: small letters, digits, dot, dash and underscore; 63 characters at most."""
    kind: ChannelKind
    target: str
    """Where it leads, without secrets."""
    settings: dict[str, Any]
    """As set, without secrets."""
    secrets: list[str]
    """Names of the secrets that are set."""
    route: Route
    enabled: bool
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When it was last changed. Milliseconds since 1970, UTC."""
    last_at: NotRequired[int]
    """Last message, or attempt at one. Milliseconds since 1970, UTC."""
    last_error: NotRequired[str]
    """Why the last attempt failed."""
    failures: int
    """Failed attempts since the last good one."""
    waiting: int
    """Deliveries that wait, or are tried again."""
    dead: int
    """Deliveries that were given up."""


class WebhookSettings(TypedDict):
    kind: Literal['webhook']
    url: str
    """https://… of the receiver. Messages are signed after Standard Webhooks."""


class SlackSettings(TypedDict):
    kind: Literal['slack']
    url: NotRequired[str]
    """https://… of an incoming webhook of Slack, or of what takes the same. Never shown again."""


class PagerDutySettings(TypedDict):
    kind: Literal['pagerduty']
    routing_key: NotRequired[str]
    """Integration key of an Events API v2 integration. Never shown again."""
    url: NotRequired[str]
    """Where events go; https://events.pagerduty.com/v2/enqueue unless said (Europe:
    events.eu.pagerduty.com).
    """


EmailSettings = TypedDict(
    'EmailSettings',
    {
        'kind': Literal['email'],
        # The SMTP server.
        'host': str,
        # 587 unless said; 465 with `tls`.
        'port': NotRequired[int],
        # starttls: the connection must become encrypted before anything is said; tls: it is from the first byte on; none: it never is, for a server in the same house. starttls unless said.
        'security': NotRequired[Literal['starttls', 'tls', 'none']],
        'user': NotRequired[str],
        # Password of `user`. Never shown again.
        'password': NotRequired[str],
        # An address: ml-team@example.org.
        'from': str,
        'to': list[str],
    },
)


DeliveryState = Literal['waiting', 'sent', 'dead']
"""waiting: it is on its way or tried again; sent: it was taken; dead: it was given up."""


class Delivery(TypedDict):
    """One step of an alert’s life, told to one channel. There is one for each step and channel."""
    id: str
    channel: str
    """Name of the channel."""
    subject: str
    """What it is about: `alert:<id>`."""
    group: str
    """Those of one group that come together are one message."""
    title: str
    event: str
    """What happened to it: firing, acknowledged, silenced, resolved."""
    state: DeliveryState
    message: NotRequired[str]
    """Id of the message; a repeat has the same one (`webhook-id`)."""
    attempts: int
    """Failed ones."""
    error: NotRequired[str]
    """Why the last attempt failed."""
    created_at: int
    """When it happened. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it was sent or given up. Milliseconds since 1970, UTC."""


class AddChannelAnswer(TypedDict):
    channel: Channel
    secret: NotRequired[str]
    """Of a webhook: `whsec_…`, shown once, when it is made."""


class TestChannelAnswer(TypedDict):
    sent: bool
    ms: float
    """How long it took."""
    error: NotRequired[str]
    """Why it was not taken."""


class UpdateChannelAnswer(TypedDict):
    channel: Channel
    secret: NotRequired[str]
    """Of a webhook: `whsec_…`, shown once, when it is made."""


class ChannelsApi:
    """Where alerts are told, and what was delivered."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add_channel(
        self,
        *,
        name: str,
        settings: WebhookSettings | SlackSettings | PagerDutySettings | EmailSettings | AlertmanagerSettings,
        route: Route | None = None,
    ) -> AddChannelAnswer:
        """Tell alerts to a webhook, Slack, PagerDuty, email or Alertmanager.

        POST /api/v1/channels; needs channel:admin.

        Args:
            name: Name of a channel: small letters, digits, dot, dash and underscore; 63 characters
                at most.
            settings: Where messages go. Secrets are taken and never shown.
            route: Which alerts a channel is told of: those that fit all that is said. All of them
                where nothing is.
        """
        return self._transport.json(
            'POST',
            '/api/v1/channels',
            json=given({'name': name, 'settings': settings, 'route': route}),
        )

    def list_channels(
        self,
    ) -> Page[Channel]:
        """List the channels that alerts are told to.

        GET /api/v1/channels; needs channel:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/channels',
        )

    def list_deliveries(
        self,
        *,
        channel: str | None = None,
        state: DeliveryState | None = None,
        subject: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Delivery]:
        """List what was told to channels, newest first; `state=dead` is what was given up.

        GET /api/v1/deliveries; needs channel:read.

        Args:
            channel: Name of a channel: small letters, digits, dot, dash and underscore; 63
                characters at most.
            state: waiting: it is on its way or tried again; sent: it was taken; dead: it was given
                up.
            subject: `alert:<id>`
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/deliveries',
            query=given({
                'channel': channel,
                'state': state,
                'subject': subject,
                'limit': limit,
                'page': page,
            }),
        )

    def remove_channel(
        self,
        channel: str,
    ) -> None:
        """Remove a channel; what waits for it is not sent.

        DELETE /api/v1/channels/:channel; needs channel:admin.

        Args:
            channel: Name of a channel: small letters, digits, dot, dash and underscore; 63
                characters at most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/channels/{segment('channel', channel)}",
        )

    def resend_delivery(
        self,
        delivery: str,
    ) -> Delivery:
        """Send again what was given up.

        POST /api/v1/deliveries/:delivery/resend; needs channel:write.

        Args:
            delivery: Id of a delivery.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/deliveries/{segment('delivery', delivery)}/resend",
        )

    def test_channel(
        self,
        channel: str,
    ) -> TestChannelAnswer:
        """Send a message of trial now, and say what came of it.

        POST /api/v1/channels/:channel/test; needs channel:admin.

        Args:
            channel: Name of a channel: small letters, digits, dot, dash and underscore; 63
                characters at most.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/channels/{segment('channel', channel)}/test",
        )

    def update_channel(
        self,
        channel: str,
        *,
        settings: WebhookSettings | SlackSettings | PagerDutySettings | EmailSettings | AlertmanagerSettings | None = None,
        route: Route | None = None,
        enabled: bool | None = None,
        new_secret: bool | None = None,
    ) -> UpdateChannelAnswer:
        """Change a channel.

        Secrets that are not said stay as long as the destination does: none ever follows to another
        place.

        PATCH /api/v1/channels/:channel; needs channel:admin.

        Args:
            channel: Name of a channel: small letters, digits, dot, dash and underscore; 63
                characters at most.
            settings: Where messages go. Secrets are taken and never shown.
            route: Which alerts a channel is told of: those that fit all that is said. All of them
                where nothing is.
            new_secret: Of a webhook: make a fresh one.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/channels/{segment('channel', channel)}",
            json=given({
                'settings': settings,
                'route': route,
                'enabled': enabled,
                'new_secret': new_secret,
            }),
        )
