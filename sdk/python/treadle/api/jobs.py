# Generated from src/platform/jobs/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Background work of the server."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


JobState = Literal['queued', 'running', 'done', 'failed', 'cancelled']
"""queued: waits for its time or a free place; failed: all attempts are used up."""


class Job(TypedDict):
    """Background work."""
    id: str
    type: str
    """What kind of work: `dataset.profile`."""
    state: JobState
    payload: dict[str, Any]
    """What it was told."""
    attempt: int
    """Attempts started so far."""
    run_at: int
    """Not before this time. Milliseconds since 1970, UTC."""
    created_at: int
    """When it was enqueued. Milliseconds since 1970, UTC."""
    started_at: NotRequired[int]
    """Start of the last attempt. Milliseconds since 1970, UTC."""
    finished_at: NotRequired[int]
    """When it was done, failed for good or was cancelled. Milliseconds since 1970, UTC."""
    scheduled_for: NotRequired[int]
    """The nominal time of the schedule that fired it. Milliseconds since 1970, UTC."""
    error: NotRequired[str]
    """Why the last attempt failed."""
    request_id: str
    """The request that enqueued it; the same in the server log."""


class JobsApi:
    """Background work of the server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cancel_job(
        self,
        job: str,
    ) -> Job:
        """Cancel a background job.

        A running attempt is told to stop; whatever it still tries to write is refused.

        POST /api/v1/jobs/:job/cancel; needs job:write.

        Args:
            job: Id of the job.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/jobs/{segment('job', job)}/cancel",
        )

    def get_job(
        self,
        job: str,
    ) -> Job:
        """Show a background job.

        GET /api/v1/jobs/:job; needs job:read.

        Args:
            job: Id of the job.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/jobs/{segment('job', job)}",
        )

    def list_jobs(
        self,
        *,
        state: JobState | None = None,
        type: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Job]:
        """List background jobs, newest first.

        GET /api/v1/jobs; needs job:read.

        Args:
            state: queued: waits for its time or a free place; failed: all attempts are used up.
            limit: 100 unless said.
            page: `next` of the page before.
        """
        return self._transport.page(
            'GET',
            '/api/v1/jobs',
            query=given({'state': state, 'type': type, 'limit': limit, 'page': page}),
        )
