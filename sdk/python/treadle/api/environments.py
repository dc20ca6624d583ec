# Generated from src/promotions/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Environments that model versions are promoted through."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment
from .pipelines import RolloutWish
from .releases import ReleaseDetail, ReleaseState


Window = TypedDict(
    'Window',
    {
        # On which it begins.
        'days': list[Literal['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']],
        # When it begins. HH:MM.
        'from': str,
        # When it ends; on the next day where that is not later than its beginning. HH:MM.
        'to': str,
    },
)
"""When versions may come to the environment, each week."""


Freeze = TypedDict(
    'Freeze',
    {
        # Since when. Milliseconds since 1970, UTC.
        'from': int,
        # Until when. Milliseconds since 1970, UTC.
        'to': int,
        'why': str,
    },
)
"""A time in which no other version comes, whatever the windows say."""


class EnvironmentTerms(TypedDict):
    endpoints: str
    models: dict[str, str]
    variables: dict[str, str]
    windows: list[Window]
    time_zone: str
    freezes: list[Freeze]
    hold_min: float
    rollout: NotRequired[RolloutWish]


class Environment(TypedDict):
    """A place that model versions are promoted to: dev, staging, production."""
    name: str
    """Name of an environment: small letters, digits and dashes; 40 characters at most."""
    position: int
    """Versions go from low to high."""
    terms: EnvironmentTerms
    open: bool
    """Whether versions may come now."""
    opens_at: NotRequired[int]
    """When versions may come again, where they may not now. Milliseconds since 1970, UTC."""
    closed: NotRequired[str]
    """Why versions may not come now."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When it was last changed. Milliseconds since 1970, UTC."""


class BoardCellBeside(TypedDict):
    role: str
    model: str
    version: int
    percent: float


class NextStep(TypedDict):
    """Where a version would go from here."""
    environment: str
    """Name of an environment: small letters, digits and dashes; 40 characters at most."""
    endpoint: str
    ok: bool
    """Whether it may go there now; people’s approval is asked for besides."""
    there: bool
    """It answers there already."""
    why: NotRequired[str]
    """Why it may not."""
    at: NotRequired[int]
    """When it may, where time is what is missing. Milliseconds since 1970, UTC."""


class BoardCell(TypedDict):
    """What answers for a model in an environment."""
    environment: str
    """Name of an environment: small letters, digits and dashes; 40 characters at most."""
    model: str
    """Name of a registered model."""
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    version: int
    """The version that answers."""
    version_ref: str
    revision: int
    since: int
    """Since when it answers there. Milliseconds since 1970, UTC."""
    held_ms: float
    """How long it has answered there, all times together, ms."""
    beside: list[BoardCellBeside]
    """What answers a part of the requests, or copies of them."""
    next: NotRequired[NextStep]


class OnTheWay(TypedDict):
    """A release to an environment that has not ended."""
    environment: str
    """Name of an environment: small letters, digits and dashes; 40 characters at most."""
    release: str
    model: str
    """Name of a registered model."""
    version: int
    state: ReleaseState
    endpoint: str
    since: int
    """Since when it is there. Milliseconds since 1970, UTC."""
    says: NotRequired[str]
    """What it waits for."""


class Board(TypedDict):
    environments: list[Environment]
    """In their order."""
    cells: list[BoardCell]
    on_the_way: list[OnTheWay]


class EnvironmentSettings(TypedDict):
    position: NotRequired[int]
    """Its place in the order that versions go through; behind all others unless said."""
    endpoints: NotRequired[str]
    """How its endpoints are called: `{model}` stands for the name of a model; {model}-NAME unless
    said.
    """
    models: NotRequired[dict[str, str]]
    """Endpoints of models that are called otherwise."""
    variables: NotRequired[dict[str, str]]
    """What differs between environments and is no secret; shown to everybody who may look."""
    windows: NotRequired[list[Window]]
    """When versions may come; at any time where there is none."""
    time_zone: NotRequired[str]
    """Of the windows: Europe/Berlin; UTC unless said."""
    freezes: NotRequired[list[Freeze]]
    hold_min: NotRequired[float]
    """So many minutes a version must have answered here before it may go on to the next environment; 0
    unless said: it must have answered at all.
    """
    rollout: NotRequired[RolloutWish]


class Promotion(TypedDict):
    """That an environment let a version in."""
    id: str
    environment: str
    """Name of an environment: small letters, digits and dashes; 40 characters at most."""
    endpoint: str
    model: str
    """Name of a registered model."""
    version: int
    version_ref: str
    how: Literal['promoted', 'going_back']
    """going_back: it had answered there before."""
    at: int
    """When it was let in. Milliseconds since 1970, UTC."""
    by: str


class EnvironmentsApi:
    """Environments that model versions are promoted through."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete_environment(
        self,
        environment: str,
        *,
        reason: str,
    ) -> None:
        """Remove an environment; its endpoints go on answering.

        DELETE /api/v1/environments/:environment; needs environment:admin.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            reason: Why; kept in the ledger.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/environments/{segment('environment', environment)}",
            query=given({'reason': reason}),
        )

    def get_board(
        self,
    ) -> Board:
        """Show what answers in each environment, since when, and where it may go.

        GET /api/v1/environment-board; needs environment:read.
        """
        return self._transport.json(
            'GET',
            '/api/v1/environment-board',
        )

    def get_environment(
        self,
        environment: str,
    ) -> Environment:
        """Show an environment.

        GET /api/v1/environments/:environment; needs environment:read.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/environments/{segment('environment', environment)}",
        )

    def list_environments(
        self,
    ) -> Page[Environment]:
        """List the environments in their order.

        GET /api/v1/environments; needs environment:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/environments',
        )

    def list_promotions(
        self,
        environment: str,
        *,
        model: str | None = None,
        limit: int | None = None,
    ) -> Page[Promotion]:
        """List which versions an environment let in, newest first.

        GET /api/v1/environments/:environment/promotions; needs environment:read.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            model: Name of a registered model.
            limit: 100 unless said.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/environments/{segment('environment', environment)}/promotions",
            query=given({'model': model, 'limit': limit}),
        )

    def promote_version(
        self,
        environment: str,
        *,
        model: str,
        version: str,
        at_once: bool | None = None,
    ) -> ReleaseDetail:
        """Promote a model version to an environment.

        Refused unless it answered in the environment before for as long as that one wants, and a
        window is open; what answered here before may always come back. A release does it, and waits
        where people’s approval is missing.

        POST /api/v1/environments/:environment/promotions; needs release:write.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            model: Name of a registered model.
            version: `3`, `v3`, `latest` or `@alias`.
            at_once: Without the rollout that the environment says: it answers all requests at once.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/environments/{segment('environment', environment)}/promotions",
            json=given({'model': model, 'version': version, 'at_once': at_once}),
        )

    def set_environment(
        self,
        environment: str,
        *,
        position: int | None = None,
        endpoints: str | None = None,
        models: dict[str, str] | None = None,
        variables: dict[str, str] | None = None,
        windows: list[Window] | None = None,
        time_zone: str | None = None,
        freezes: list[Freeze] | None = None,
        hold_min: float | None = None,
        rollout: RolloutWish | None = None,
        unchanged_since: int | None = None,
    ) -> Environment:
        """Make an environment, or say anew what holds for it.

        What answers there already stays. What is not said is as it is by default, but its place in
        the order.

        PUT /api/v1/environments/:environment; needs environment:admin.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            position: Its place in the order that versions go through; behind all others unless
                said.
            endpoints: How its endpoints are called: `{model}` stands for the name of a model;
                {model}-NAME unless said.
            models: Endpoints of models that are called otherwise.
            variables: What differs between environments and is no secret; shown to everybody who
                may look.
            windows: When versions may come; at any time where there is none.
            time_zone: Of the windows: Europe/Berlin; UTC unless said.
            hold_min: So many minutes a version must have answered here before it may go on to the
                next environment; 0 unless said: it must have answered at all.
            rollout: Step by step, beside what answers now, as far as the evidence of each step lets
                it.
            unchanged_since: Only if it was last changed then: what somebody else says meanwhile is
                not lost. Milliseconds since 1970, UTC.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/environments/{segment('environment', environment)}",
            json=given({
                'position': position,
                'endpoints': endpoints,
                'models': models,
                'variables': variables,
                'windows': windows,
                'time_zone': time_zone,
                'freezes': freezes,
                'hold_min': hold_min,
                'rollout': rollout,
                'unchanged_since': unchanged_since,
            }),
        )
