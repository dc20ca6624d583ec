# Generated from src/serving/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Endpoints, their revisions, figures and recorded predictions."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Events, Page, Transport, given, segment


class Batching(TypedDict):
    """Requests of different callers are joined only where a trial showed that each row is answered as
    it is alone.
    """
    joined: bool
    """Whether requests that wait together are asked as one batch."""
    why: str
    """What that rests on, in a sentence."""
    rows: NotRequired[dict[str, int]]
    """Rows compared alone and joined: of the `example`, `near` it, `far` from it, with a value
    `missing`.
    """
    difference: NotRequired[float]
    """Largest difference of a number between a row alone and in a batch, relative above 1."""
    most: NotRequired[int]
    """Most rows that are joined, where the trial had no time for a whole batch."""


VariantRole = Literal['champion', 'canary', 'shadow']
"""champion: the primary, which answers all that no canary does; canary: answers its share; shadow: is
asked with copies, and its answers are only compared. The alias `champion` of a model is something
else.
"""


Runtime = Literal['onnx', 'python']
"""onnx: in process, by ONNX Runtime; python: a host process in the model’s own environment."""


class Variant(TypedDict):
    role: VariantRole
    model: str
    """Name of a registered model."""
    version: int
    version_ref: str
    """Its name in the ledger: `model_version:flights/3`."""
    percent: float
    """Primary and canary add up to 100; of a shadow: the share of requests that are copied."""
    runtime: Runtime
    evaluation: NotRequired[str]
    """The newest evaluation of the version when it was deployed."""


RevisionState = Literal['preparing', 'live', 'superseded', 'failed']
"""preparing: models are fetched, loaded and asked their sample; live: it answers; superseded: another
one took over; failed: it never answered, or was rolled back by itself.
"""


class RevisionUnloadable(TypedDict):
    """It should answer, or is what a rollback goes back to, and this server cannot load all its
    models.
    """
    problem: str
    """Why."""
    hint: str
    """What to do."""
    since: int
    """When this server found it. Milliseconds since 1970, UTC."""


class Revision(TypedDict):
    """What an endpoint answers with: numbered, never changed once it is live."""
    ref: str
    """Its name in the ledger: `revision:<id>`."""
    id: str
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    revision: int
    """Counts up per endpoint; never used twice."""
    cause: Literal['deploy', 'rollback', 'automatic-rollback']
    """Why it was made."""
    restores: NotRequired[int]
    """A rollback: the revision whose traffic it takes up again."""
    variants: list[Variant]
    sticky: bool
    """Whether the key of a request (header X-Treadle-Key) always leads to the same variant."""
    strict: bool
    """Whether `/invocations` refuses numbers that only fit after a lossy cast (long to int, double to
    float).
    """
    state: RevisionState
    stage: NotRequired[str]
    """While preparing: what is going on now."""
    problem: NotRequired[str]
    """Why it failed."""
    unloadable: NotRequired[RevisionUnloadable]
    """It should answer, or is what a rollback goes back to, and this server cannot load all its
    models.
    """
    note: NotRequired[str]
    """Why; kept in the ledger."""
    asked_by: NotRequired[str]
    """Who asked for it, where that was no person: `release:<id>`."""
    warnings: NotRequired[list[str]]
    """What was known of it when it was asked for and forbade nothing: a gate that was not passed,
    other inputs.
    """
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: str
    live_at: NotRequired[int]
    """When it began to answer. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended or failed. Milliseconds since 1970, UTC."""
    load_ms: NotRequired[float]
    """Loading and warming all its models, ms."""


Recording = Literal['all', 'outputs', 'none']
"""What is kept of predictions: `all`: inputs, outputs, latency, params and sticky key; `outputs`: all
but what callers sent (inputs, params, key); `none`: nothing.
"""


class EndpointRecent(TypedDict):
    """The last minute; absent when nothing was asked."""
    requests: list[int]
    """Requests in each of the last seconds, oldest first."""
    p95_ms: NotRequired[float]
    """Highest 95th percentile of those seconds."""
    failed: int
    """Of them answered 5xx, or refused because too much waited."""


class Endpoint(TypedDict):
    ref: str
    """Its name in the ledger: `endpoint:<id>`."""
    id: str
    name: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    description: NotRequired[str]
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    updated_at: int
    """When a revision last began, failed or ended. Milliseconds since 1970, UTC."""
    created_by: str
    revisions: int
    """How many revisions there are."""
    current: NotRequired[Revision]
    latest: NotRequired[Revision]
    address: str
    """Where Open Inference Protocol clients ask: `http://127.0.0.1:5001`."""
    batching: NotRequired[Batching]
    records: Recording
    keep_ms: int
    """How long predictions are kept, ms: whole hours, from one hour to 100 years. Those of hours that
    are older are deleted, with their outcomes and the signals of their time.
    """
    sample: float
    """Share of predictions that are recorded, above 0 and up to 1. Which ones is decided by their ids,
    so that all rows of one, its shadow and its outcome go together. What is counted of traffic is
    of all of them.
    """
    columns: dict[str, Literal['drop', 'hash']]
    """What is not recorded as it is, by what the prediction log calls it: `in_email`, `key`, `params`.
    drop: it is never written; hash: a keyed hash stands for it.
    """
    recent: NotRequired[EndpointRecent]
    """The last minute; absent when nothing was asked."""


class EndpointDetailSpecInputs(TypedDict):
    name: str
    datatype: str
    """Open Inference Protocol datatype: FP32, INT64, BYTES …"""
    shape: list[int]
    optional: NotRequired[bool]
    column: NotRequired[str]


class EndpointDetailSpecOutputs(TypedDict):
    name: str
    datatype: str
    """Open Inference Protocol datatype: FP32, INT64, BYTES …"""
    shape: list[int]
    optional: NotRequired[bool]
    column: NotRequired[str]


class EndpointDetailSpecParams(TypedDict):
    name: str
    type: str
    default: NotRequired[Any]


class EndpointDetailSpecSample(TypedDict):
    name: str
    datatype: str
    shape: list[int]
    data: list[Any]


class EndpointDetailSpec(TypedDict):
    platform: str
    inputs: list[EndpointDetailSpecInputs]
    outputs: list[EndpointDetailSpecOutputs]
    params: list[EndpointDetailSpecParams]
    sample: NotRequired[list[EndpointDetailSpecSample]]
    """A request of the model’s own, as Open Inference Protocol inputs."""


class EndpointDetail(TypedDict):
    endpoint: Endpoint
    notes: NotRequired[list[str]]
    """After a change of what is recorded: what it does not do, such as to what was recorded before."""
    previous: NotRequired[Revision]
    spec: NotRequired[EndpointDetailSpec]


class LiveVariantShadowExamples(TypedDict):
    prediction: str
    at: int
    """When. Milliseconds since 1970, UTC."""
    champion: Any
    shadow: Any


class LiveVariantShadow(TypedDict):
    pairs: int
    """Answers compared with the primary’s."""
    different: int
    """Of them, differing by more than 1e-6."""
    largest: float
    """Largest difference of a number."""
    dropped: int
    """Copies not asked, because the shadow was busy."""
    examples: list[LiveVariantShadowExamples]


class LiveVariant(TypedDict):
    revision: int
    role: VariantRole
    model: str
    """Name of a registered model."""
    version: int
    requests: int
    rows: int
    batches: int
    bad: int
    """Answered 4xx because the request was wrong."""
    errors: int
    """Answered 5xx because the model failed."""
    refused: int
    """Answered 429 or 503 because too much was waiting."""
    waiting: int
    """In the queue at the end of the second."""
    p50_ms: NotRequired[float]
    p95_ms: NotRequired[float]
    p99_ms: NotRequired[float]
    shadow: NotRequired[LiveVariantShadow]


class LiveMinute(TypedDict):
    at: int
    """Start of the minute. Milliseconds since 1970, UTC."""
    variants: list[LiveVariant]


class LiveSecond(TypedDict):
    at: int
    """End of the second. Milliseconds since 1970, UTC."""
    variants: list[LiveVariant]


PredictionSegment = TypedDict(
    'PredictionSegment',
    {
        'id': str,
        'revision': int,
        'role': VariantRole,
        # When its first prediction was answered. Milliseconds since 1970, UTC.
        'from': int,
        # When its last one was. Milliseconds since 1970, UTC.
        'to': int,
        'predictions': int,
        # Rows of the file: a prediction has one for each row that was asked.
        'rows': int,
        # Size of the file.
        'bytes': int,
        # segment: as a process wrote it; hour: the segments of an hour that is over, made one file, sorted by time.
        'kind': Literal['segment', 'hour'],
        # A Parquet file below the data folder of the server.
        'file': str,
        # When it was written down. Milliseconds since 1970, UTC.
        'created_at': int,
    },
)
"""A file of recorded predictions of one variant of one revision."""


class DeployCanary(TypedDict):
    model: NotRequired[str]
    """Name of a registered model."""
    version: str
    """A version number (`3` or `v3`), `latest`, or an alias (`@champion`)."""
    runtime: NotRequired[Runtime]
    percent: float
    """Its share of the requests."""


class DeployShadow(TypedDict):
    model: NotRequired[str]
    """Name of a registered model."""
    version: str
    """A version number (`3` or `v3`), `latest`, or an alias (`@champion`)."""
    runtime: NotRequired[Runtime]
    percent: float
    """Share of the requests that are copied to it."""


class ListMinutesAnswer(TypedDict):
    items: list[LiveMinute]


class ServingApi:
    """Endpoints, their revisions, figures and recorded predictions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete_endpoint(
        self,
        endpoint: str,
    ) -> None:
        """Take an endpoint away; its revisions stay, so that its predictions keep their story.

        DELETE /api/v1/endpoints/:endpoint; needs endpoint:admin.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}",
        )

    def deploy(
        self,
        endpoint: str,
        *,
        model: str,
        version: str,
        runtime: Runtime | None = None,
        canary: DeployCanary | None = None,
        shadow: DeployShadow | None = None,
        sticky: bool | None = None,
        strict: bool | None = None,
        load_timeout_s: int | None = None,
        expects: int | None = None,
        replace: str | None = None,
        records: Recording | None = None,
        note: str | None = None,
        wait_s: int | None = None,
    ) -> Revision:
        """Deploy: make a new revision; it answers once its models are loaded and passed their sample.

        The endpoint is made when it is not there. The old revision answers until the new one is
        ready, and stays when the new one fails. Answers at once with state `preparing`, or after
        `wait_s` at most.

        POST /api/v1/endpoints/:endpoint/revisions; needs endpoint:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            model: Name of a registered model.
            version: A version number (`3` or `v3`), `latest`, or an alias (`@champion`).
            runtime: onnx: in process, by ONNX Runtime; python: a host process in the model’s own
                environment.
            sticky: Lead equal keys (header X-Treadle-Key) to the same variant; true unless said.
            strict: Refuse lossy casts in `/invocations`; false unless said.
            load_timeout_s: Longest that loading a model and asking its sample may take, s; unless
                said 60 for ONNX, 120 for Python.
            expects: The revision that answers now, 0 where none does: refused when that is no
                longer so. Not asked unless said.
            replace: The other model that the endpoint is meant to be taken from: without it, a
                model with other inputs than the one that answers is refused.
            records: What is kept of predictions: `all`: inputs, outputs, latency, params and sticky
                key; `outputs`: all but what callers sent (inputs, params, key); `none`: nothing.
            note: Why; kept in the ledger.
            wait_s: How long to wait for it to be live.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/revisions",
            json=given({
                'model': model,
                'version': version,
                'runtime': runtime,
                'canary': canary,
                'shadow': shadow,
                'sticky': sticky,
                'strict': strict,
                'load_timeout_s': load_timeout_s,
                'expects': expects,
                'replace': replace,
                'records': records,
                'note': note,
                'wait_s': wait_s,
            }),
            wait=wait_s,
        )

    def get_endpoint(
        self,
        endpoint: str,
    ) -> EndpointDetail:
        """Show an endpoint.

        GET /api/v1/endpoints/:endpoint; needs endpoint:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}",
        )

    def get_revision(
        self,
        endpoint: str,
        revision: int,
    ) -> Revision:
        """Show a revision.

        GET /api/v1/endpoints/:endpoint/revisions/:revision; needs endpoint:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/revisions/{segment('revision', revision)}",
        )

    def list_endpoints(
        self,
        *,
        name: str | None = None,
        model: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Endpoint]:
        """List endpoints with what they answer with.

        GET /api/v1/endpoints; needs endpoint:read.

        Args:
            name: A part of the name.
            model: Name of a registered model.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/endpoints',
            query=given({'name': name, 'model': model, 'limit': limit, 'page': page}),
        )

    def list_minutes(
        self,
        endpoint: str,
        *,
        from_: int | None = None,
        to: int | None = None,
    ) -> ListMinutesAnswer:
        """Show what an endpoint did minute by minute, oldest first; minutes in which nothing was asked
        are left out.

        Kept for 8 days, also over restarts of the server. The minute that goes on is the last one.

        GET /api/v1/endpoints/:endpoint/minutes; needs endpoint:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            from_: The first minute; an hour before `to` unless said. Milliseconds since 1970, UTC.
            to: Before this time; now unless said. At most a day after `from`. Milliseconds since
                1970, UTC.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/minutes",
            query=given({'from': from_, 'to': to}),
        )

    def list_revisions(
        self,
        endpoint: str,
        *,
        state: RevisionState | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Revision]:
        """List the revisions of an endpoint, newest first.

        GET /api/v1/endpoints/:endpoint/revisions; needs endpoint:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            state: preparing: models are fetched, loaded and asked their sample; live: it answers;
                superseded: another one took over; failed: it never answered, or was rolled back by
                itself.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/revisions",
            query=given({'state': state, 'limit': limit, 'page': page}),
        )

    def list_segments(
        self,
        endpoint: str,
        *,
        from_: int | None = None,
        to: int | None = None,
        revision: int | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[PredictionSegment]:
        """List the files of recorded predictions of an endpoint, newest first.

        GET /api/v1/endpoints/:endpoint/segments; needs endpoint:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            from_: Only those with predictions at this time or later. Milliseconds since 1970, UTC.
            to: Only those with predictions before this time. Milliseconds since 1970, UTC.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/segments",
            query=given({
                'from': from_,
                'to': to,
                'revision': revision,
                'limit': limit,
                'page': page,
            }),
        )

    def live_endpoint(
        self,
        endpoint: str,
    ) -> Events:
        """Follow an endpoint: one event a second with requests and latency.

        Begins with the last 5 minutes as far as this server saw them; `/minutes` reaches further
        back. Events: `second` {LiveSecond} and `revision` {Revision}.

        GET /api/v1/endpoints/:endpoint/live; needs endpoint:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.events(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/live",
        )

    def rollback(
        self,
        endpoint: str,
        *,
        to: int | None = None,
        note: str | None = None,
        wait_s: int | None = None,
    ) -> Revision:
        """Roll back: a new revision with the traffic of an earlier one.

        POST /api/v1/endpoints/:endpoint/rollback; needs endpoint:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            to: The revision to restore; the one that was live before, unless said.
            note: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/rollback",
            json=given({'to': to, 'note': note, 'wait_s': wait_s}),
            wait=wait_s,
        )

    def update_endpoint(
        self,
        endpoint: str,
        *,
        records: Recording | None = None,
        keep_ms: int | None = None,
        sample: float | None = None,
        columns: dict[str, Literal['keep', 'drop', 'hash']] | None = None,
        note: str | None = None,
    ) -> EndpointDetail:
        """Say what is kept of the predictions of an endpoint from now on, and how long.

        Holds for each answer that is given after this one. What was recorded before stays as it is
        until its time is over.

        PATCH /api/v1/endpoints/:endpoint; needs endpoint:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            records: What is kept of predictions: `all`: inputs, outputs, latency, params and sticky
                key; `outputs`: all but what callers sent (inputs, params, key); `none`: nothing.
            keep_ms: How long predictions are kept, ms: whole hours, from one hour to 100 years.
                Those of hours that are older are deleted, with their outcomes and the signals of
                their time.
            sample: Share of predictions that are recorded, above 0 and up to 1. Which ones is
                decided by their ids, so that all rows of one, its shadow and its outcome go
                together. What is counted of traffic is of all of them.
            columns: What becomes of values of an input column, of the sticky key (`key`) and of
                params (`params`): keep, as they are; drop, they are never written; hash, a keyed
                hash of 128 bits stands for them, by which equal ones are told. Columns that are not
                named stay as they are. A name that an input shares with `key` or `params` means
                both; `in_key` is the input alone.
            note: Why; kept in the ledger.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}",
            json=given({
                'records': records,
                'keep_ms': keep_ms,
                'sample': sample,
                'columns': columns,
                'note': note,
            }),
        )
