# Generated from src/releases/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""From a version to a live endpoint: judge, promote, deploy."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment
from .validation import Excuse, Task
from .pipelines import DeployResult, GateResult


class NewReleaseGate(TypedDict):
    """What judges it; passing moves the alias `champion`. Without it nothing is judged."""
    data: str
    """A dataset ref with a file of it where it has several: `flights@v4:holdout.parquet`."""
    label: str
    """Name of a column."""
    task: NotRequired[Task]
    prediction: NotRequired[str]
    """The output that is scored, where the model has several."""
    positive: NotRequired[str]
    """The label’s value that counts as 1; 1 or true unless said."""
    rules: NotRequired[list[str]]
    """Such as `auc >= 0.60`, `auc >= champion.auc - 0.005`, `p95_latency_ms < 20`, `data.rows >=
    1000`.
    """
    key: NotRequired[list[str]]
    """What makes a row the same row; the whole row unless said."""
    excuse: NotRequired[list[Excuse]]
    """What cannot be compared and need not be, each with its reason, which the proof repeats."""
    near: NotRequired[Literal['fail', 'report']]
    """What rows do that nearly equal one that training read: but for noise, scale, case, white space,
    or one column. Reported unless said.
    """
    group: NotRequired[list[str]]
    """What names the entity of a row: rows of one count together in every interval."""
    time: NotRequired[str]
    """A column by which every row must be later than all that training read; intervals count the
    correlation in its order.
    """
    slices: NotRequired[list[str]]
    """Columns to score by value; found among those with few values unless said."""


class NewReleaseDeploy(TypedDict):
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    sticky: NotRequired[bool]
    expects: NotRequired[int]
    """The revision that it is meant to replace, 0 for none; what answers when it is asked for, unless
    said.
    """
    replace: NotRequired[str]
    """The other model, with other inputs, that the endpoint is meant to be taken from."""


class NewRelease(TypedDict):
    model: str
    """Name of a registered model."""
    version: str
    """`3`, `v3`, `latest` or `@alias`."""
    gate: NotRequired[NewReleaseGate]
    """What judges it; passing moves the alias `champion`. Without it nothing is judged."""
    deploy: NotRequired[NewReleaseDeploy]


ReleaseState = Literal['requested', 'judging', 'judged', 'promoted', 'deploying', 'succeeded', 'rejected', 'held', 'failed', 'cancelled']
"""requested; judging: the gate scores it; judged: there is a verdict; promoted: it passed, and the
alias champion names it; deploying; succeeded: all that was asked for is done; rejected: the gate
did not let it pass; held: a person had taken it away from the endpoint; failed; cancelled.
"""


class ReleaseExecution(TypedDict):
    id: str
    pipeline: str
    number: int


class Release(TypedDict):
    """A model version on its way to its users: judged, promoted, deployed."""
    ref: str
    """Its name in the ledger: `release:<id>`."""
    id: str
    """Id of a release, 32 hex digits."""
    model: str
    """Name of a registered model."""
    version: int
    version_ref: str
    state: ReleaseState
    asked_by: Literal['pipeline', 'hand']
    """pipeline: `gate:` and `deploy:` of its file."""
    execution: NotRequired[ReleaseExecution]
    endpoint: NotRequired[str]
    """Where it shall answer."""
    expects: NotRequired[int]
    """The revision of the endpoint that it is meant to replace; 0: none answered."""
    gate: NotRequired[GateResult]
    deployment: NotRequired[DeployResult]
    reason: NotRequired[str]
    """Why it ended as it did."""
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When it last came to another state. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


class Transition(TypedDict):
    state: ReleaseState
    at: int
    """When it came to this. Milliseconds since 1970, UTC."""
    note: NotRequired[str]
    """What was done, or why, in a sentence."""


class ReleaseDetail(Release):
    transitions: list[Transition]
    """In their order, from the request on."""


class CreateReleaseGate(TypedDict):
    """What judges it; passing moves the alias `champion`. Without it nothing is judged."""
    data: str
    """A dataset ref with a file of it where it has several: `flights@v4:holdout.parquet`."""
    label: str
    """Name of a column."""
    task: NotRequired[Task]
    prediction: NotRequired[str]
    """The output that is scored, where the model has several."""
    positive: NotRequired[str]
    """The label’s value that counts as 1; 1 or true unless said."""
    rules: NotRequired[list[str]]
    """Such as `auc >= 0.60`, `auc >= champion.auc - 0.005`, `p95_latency_ms < 20`, `data.rows >=
    1000`.
    """
    key: NotRequired[list[str]]
    """What makes a row the same row; the whole row unless said."""
    excuse: NotRequired[list[Excuse]]
    """What cannot be compared and need not be, each with its reason, which the proof repeats."""
    near: NotRequired[Literal['fail', 'report']]
    """What rows do that nearly equal one that training read: but for noise, scale, case, white space,
    or one column. Reported unless said.
    """
    group: NotRequired[list[str]]
    """What names the entity of a row: rows of one count together in every interval."""
    time: NotRequired[str]
    """A column by which every row must be later than all that training read; intervals count the
    correlation in its order.
    """
    slices: NotRequired[list[str]]
    """Columns to score by value; found among those with few values unless said."""


class CreateReleaseDeploy(TypedDict):
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    sticky: NotRequired[bool]
    expects: NotRequired[int]
    """The revision that it is meant to replace, 0 for none; what answers when it is asked for, unless
    said.
    """
    replace: NotRequired[str]
    """The other model, with other inputs, that the endpoint is meant to be taken from."""


class ReleasesApi:
    """From a version to a live endpoint: judge, promote, deploy."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cancel_release(
        self,
        release: str,
    ) -> ReleaseDetail:
        """Cancel a release; what is done by then stays done.

        POST /api/v1/releases/:release/cancel; needs release:write.

        Args:
            release: Id of a release, 32 hex digits.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/releases/{segment('release', release)}/cancel",
        )

    def create_release(
        self,
        *,
        model: str,
        version: str,
        gate: CreateReleaseGate | None = None,
        deploy: CreateReleaseDeploy | None = None,
    ) -> ReleaseDetail:
        """Release a model version: judge it, make it champion, deploy it.

        Answers at once; the work is a job. At least one of `gate` and `deploy` is asked for.

        POST /api/v1/releases; needs release:write.

        Args:
            model: Name of a registered model.
            version: `3`, `v3`, `latest` or `@alias`.
            gate: What judges it; passing moves the alias `champion`. Without it nothing is judged.
        """
        return self._transport.json(
            'POST',
            '/api/v1/releases',
            json=given({'model': model, 'version': version, 'gate': gate, 'deploy': deploy}),
        )

    def get_release(
        self,
        release: str,
    ) -> ReleaseDetail:
        """Show a release with each step of its way.

        GET /api/v1/releases/:release; needs release:read.

        Args:
            release: Id of a release, 32 hex digits.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/releases/{segment('release', release)}",
        )

    def list_releases(
        self,
        *,
        model: str | None = None,
        endpoint: str | None = None,
        execution: str | None = None,
        state: ReleaseState | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Release]:
        """List releases, newest first.

        GET /api/v1/releases; needs release:read.

        Args:
            model: Name of a registered model.
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            state: requested; judging: the gate scores it; judged: there is a verdict; promoted: it
                passed, and the alias champion names it; deploying; succeeded: all that was asked
                for is done; rejected: the gate did not let it pass; held: a person had taken it
                away from the endpoint; failed; cancelled.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/releases',
            query=given({
                'model': model,
                'endpoint': endpoint,
                'execution': execution,
                'state': state,
                'limit': limit,
                'page': page,
            }),
        )
