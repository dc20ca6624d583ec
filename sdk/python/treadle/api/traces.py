# Generated from src/traces/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Traces, their spans, feedback and expectations."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


AssessmentKind = Literal['feedback', 'expectation', 'issue']
"""feedback: what somebody or something made of it; expectation: what it should have been; issue: a
known problem that it has.
"""


class AssessmentError(TypedDict):
    code: str
    message: NotRequired[str]
    stack: NotRequired[str]


class Assessment(TypedDict):
    id: str
    kind: AssessmentKind
    name: str
    value: Any
    """Any JSON value."""
    error: NotRequired[AssessmentError]
    rationale: NotRequired[str]
    """Why."""
    metadata: dict[str, str]
    source_type: str
    """HUMAN, LLM_JUDGE or CODE."""
    source_id: str
    """Who or what it was."""
    span: NotRequired[str]
    """The span that it is about; the whole trace where there is none."""
    overrides: NotRequired[str]
    """The assessment that it replaces."""
    valid: bool
    """False once another one replaces it."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC; before it, below zero."""
    updated_at: int
    """Its last change. Milliseconds since 1970, UTC; before it, below zero."""


class SpanViewEvents(TypedDict):
    name: str
    time: str
    attributes: dict[str, Any]


class SpanViewLinks(TypedDict):
    trace: str
    span: str
    attributes: dict[str, Any]


class SpanView(TypedDict):
    id: str
    parent: NotRequired[str]
    name: str
    type: NotRequired[str]
    status: Literal['unset', 'ok', 'error']
    message: NotRequired[str]
    start: str
    """Nanoseconds since 1970, as text."""
    end: NotRequired[str]
    """Nanoseconds since 1970; absent while it runs."""
    model: NotRequired[str]
    tokens: NotRequired[dict[str, float]]
    cost: NotRequired[dict[str, float]]
    inputs: NotRequired[Any]
    """Any JSON value."""
    outputs: NotRequired[Any]
    """Any JSON value."""
    attributes: dict[str, Any]
    events: list[SpanViewEvents]
    links: list[SpanViewLinks]


TraceStatus = Literal['OK', 'ERROR', 'IN_PROGRESS', 'STATE_UNSPECIFIED']
"""IN_PROGRESS until the root of its spans has come."""


class TraceInfo(TypedDict):
    id: str
    experiment: str
    """The id of the experiment it is of."""
    name: NotRequired[str]
    status: TraceStatus
    started_at: int
    """When its first span began. Milliseconds since 1970, UTC; before it, below zero."""
    duration_ms: NotRequired[int]
    """From its first span’s begin to its last one’s end."""
    client_request_id: NotRequired[str]
    """What the application calls the request."""
    request_preview: NotRequired[str]
    """The beginning of what went in."""
    response_preview: NotRequired[str]
    """The beginning of what came out."""
    tokens: NotRequired[dict[str, float]]
    cost: NotRequired[dict[str, float]]
    session: NotRequired[str]
    user: NotRequired[str]
    runs: list[str]
    """Ids of the runs it belongs to."""
    prompts: list[str]
    """Versions of prompts that it used: name/version."""
    spans: int
    """How many spans have come."""
    tags: dict[str, str]
    metadata: dict[str, str]
    assessments: list[Assessment]


class Trace(TraceInfo):
    tree: list[SpanView]


class DeleteAssessmentAnswer(TypedDict):
    deleted: bool


class DeleteTraceAnswer(TypedDict):
    deleted: int


class TracesApi:
    """Traces, their spans, feedback and expectations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_assessment(
        self,
        trace: str,
        *,
        kind: Literal['feedback', 'expectation'],
        name: str,
        value: Any,
        rationale: str | None = None,
        span: str | None = None,
        by: str | None = None,
    ) -> Assessment:
        """Say what a trace is worth, or what it should have been.

        POST /api/v1/traces/:trace/assessments; needs run:write.

        Args:
            trace: The trace’s id.
            value: Any JSON value.
            by: Who says so; who signed in, unless said.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/traces/{segment('trace', trace)}/assessments",
            json=given({
                'kind': kind,
                'name': name,
                'value': value,
                'rationale': rationale,
                'span': span,
                'by': by,
            }),
        )

    def delete_assessment(
        self,
        trace: str,
        assessment: str,
    ) -> DeleteAssessmentAnswer:
        """Take an assessment back; what it replaced holds again.

        DELETE /api/v1/traces/:trace/assessments/:assessment; needs run:write.

        Args:
            trace: The trace’s id.
            assessment: The assessment’s id.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/traces/{segment('trace', trace)}/assessments/{segment('assessment', assessment)}",
        )

    def delete_trace(
        self,
        trace: str,
    ) -> DeleteTraceAnswer:
        """Delete a trace for good.

        DELETE /api/v1/traces/:trace; needs run:write.

        Args:
            trace: The trace’s id.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/traces/{segment('trace', trace)}",
        )

    def get_trace(
        self,
        trace: str,
    ) -> Trace:
        """Show a trace with its spans.

        GET /api/v1/traces/:trace; needs run:read.

        Args:
            trace: The trace’s id.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/traces/{segment('trace', trace)}",
        )

    def search_traces(
        self,
        *,
        experiments: list[str],
        filter: str | None = None,
        order: list[str] | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[TraceInfo]:
        """Search traces.

        The filter is MLflow's, with OR and parentheses besides: status = 'ERROR' AND span.name =
        'retrieve' AND feedback.correct = 'false'.

        POST /api/v1/traces/search; needs run:read.

        Args:
            experiments: Ids.
            filter: Such as: execution_time_ms > 500 AND tags.team = 'ops'
            order: Such as: execution_time_ms DESC. The newest first unless said.
        """
        return self._transport.page(
            'POST',
            '/api/v1/traces/search',
            json=given({
                'experiments': experiments,
                'filter': filter,
                'order': order,
                'limit': limit,
                'page': page,
            }),
        )

    def tag_trace(
        self,
        trace: str,
        *,
        set: dict[str, str] | None = None,
        remove: list[str] | None = None,
    ) -> TraceInfo:
        """Set and remove tags of a trace.

        PATCH /api/v1/traces/:trace/tags; needs run:write.

        Args:
            trace: The trace’s id.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/traces/{segment('trace', trace)}/tags",
            json=given({'set': set, 'remove': remove}),
        )

    def update_assessment(
        self,
        trace: str,
        assessment: str,
        *,
        name: str | None = None,
        value: Any | None = None,
        rationale: str | None = None,
    ) -> Assessment:
        """Change an assessment.

        PATCH /api/v1/traces/:trace/assessments/:assessment; needs run:write.

        Args:
            trace: The trace’s id.
            assessment: The assessment’s id.
            value: Any JSON value.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/traces/{segment('trace', trace)}/assessments/{segment('assessment', assessment)}",
            json=given({'name': name, 'value': value, 'rationale': rationale}),
        )
