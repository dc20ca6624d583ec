# Generated from src/monitoring/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Outcomes of predictions, and how many predictions have theirs."""

from typing import TypedDict

from .._typing import NotRequired
from ..transport import Body, Page, Transport, given, segment


class CoverageItemsDelay(TypedDict):
    """From the answer to its first outcome. Of a window that still waits for outcomes it is of the
    early ones alone.
    """
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float


CoverageItems = TypedDict(
    'CoverageItems',
    {
        # Start of the window. Milliseconds since 1970, UTC.
        'from': int,
        # Its end. Milliseconds since 1970, UTC.
        'to': int,
        # Rows that were answered in the window and recorded; shadows are not counted.
        'rows': int,
        # Of them, with an outcome.
        'labelled': int,
        # labelled / rows, 0 to 1.
        'coverage': float,
        # From the answer to its first outcome. Of a window that still waits for outcomes it is of the early ones alone.
        'delay': NotRequired[CoverageItemsDelay],
    },
)


class Coverage(TypedDict):
    """How many predictions have their outcome, window by window, and how long that took."""
    items: list[CoverageItems]
    """Windows with recorded predictions, oldest first."""
    notes: list[str]
    """What is missing in it."""


class NewOutcome(TypedDict):
    """The truth of a prediction, which arrives later."""
    prediction: NotRequired[str]
    """Id of the prediction that it is the truth of."""
    row: NotRequired[int]
    """Which row of that prediction, from 0; 0 unless said."""
    key: NotRequired[str]
    """Instead of `prediction`, with `time`: the key that the request had (header X-Treadle-Key). Meant
    is the newest prediction of that key at or before `time`.
    """
    time: NotRequired[int]
    """When that prediction was asked for; with `key`. Milliseconds since 1970, UTC."""
    value: float | bool | str
    """What turned out to be true: a label or a number."""
    observed_at: NotRequired[int]
    """When it was observed; now unless said. Of two outcomes of one prediction the later one holds.
    Milliseconds since 1970, UTC.
    """


class OutcomeTable(TypedDict):
    """Outcomes that arrived as a table."""
    id: str
    source: str
    """Name of the file, or the dataset version and its file."""
    rows: int
    accepted: int
    """Rows that are outcomes of predictions of this endpoint."""
    refused: dict[str, int]
    """Rows that are none, by reason: no_label, unreadable (no prediction id, or no key and time),
    foreign (of another endpoint).
    """
    known: bool
    """The same table with the same columns was added before: nothing was written."""
    received_at: int
    """When it arrived. Milliseconds since 1970, UTC."""
    created_by: str


class OutcomesAddedRefused(TypedDict):
    index: int
    """Place in `outcomes`, from 0."""
    code: str
    """unreadable, foreign, shadow, incomplete or future."""
    message: str


class OutcomesAdded(TypedDict):
    accepted: int
    """Taken; on disk."""
    known: int
    """Delivered before, just so: nothing was written."""
    refused: list[OutcomesAddedRefused]


class MonitoringApi:
    """Outcomes of predictions, and how many predictions have theirs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add_outcomes(
        self,
        endpoint: str,
        *,
        outcomes: list[NewOutcome],
    ) -> OutcomesAdded:
        """Tell what became of predictions: one outcome, or many.

        Outcomes are only ever added. One that was delivered before is known; another one of the
        same prediction, observed later, holds from then on, and both are kept. Some may be taken
        and others refused; when none is taken, it is an error.

        POST /api/v1/endpoints/:endpoint/outcomes; needs outcome:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/outcomes",
            json=given({'outcomes': outcomes}),
        )

    def get_coverage(
        self,
        endpoint: str,
        *,
        from_: int | None = None,
        to: int | None = None,
        window: int | None = None,
    ) -> Coverage:
        """Show how many predictions have their outcome, window by window, and how long that took.

        GET /api/v1/endpoints/:endpoint/outcomes/coverage; needs outcome:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            from_: Predictions answered at this time or later; 7 days before `to` unless said.
                Milliseconds since 1970, UTC.
            to: And before this time; now unless said. Milliseconds since 1970, UTC.
            window: Length of a window, ms; a day unless said. Windows begin at its multiples since
                1970, UTC.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/outcomes/coverage",
            query=given({'from': from_, 'to': to, 'window': window}),
        )

    def join_outcomes(
        self,
        endpoint: str,
        *,
        data: str,
        label: str,
        id: str | None = None,
        row: str | None = None,
        key: str | None = None,
        time: str | None = None,
        observed_at: str | None = None,
    ) -> OutcomeTable:
        """Add the outcomes of a dataset version.

        POST /api/v1/endpoints/:endpoint/outcomes/dataset; needs outcome:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            data: A dataset ref with a file of it where it has several: `arrivals@v4:june.parquet`.
            label: Holds what turned out to be true. Rows without a value are left out.
            id: Holds ids of predictions.
            row: With `id`: which row of the prediction, from 0.
            key: Instead of `id`, with `time`: holds keys of requests.
            time: Holds when these were asked for: times, or whole milliseconds since 1970.
            observed_at: Holds when it was observed; when the table arrived unless said.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/outcomes/dataset",
            json=given({
                'data': data,
                'id': id,
                'row': row,
                'key': key,
                'time': time,
                'label': label,
                'observed_at': observed_at,
            }),
        )

    def list_outcome_tables(
        self,
        endpoint: str,
        *,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[OutcomeTable]:
        """List the tables of outcomes that were added, newest first.

        GET /api/v1/endpoints/:endpoint/outcomes/tables; needs outcome:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/outcomes/tables",
            query=given({'limit': limit, 'page': page}),
        )

    def upload_outcomes(
        self,
        endpoint: str,
        body: Body,
        *,
        file: str,
        label: str,
        id: str | None = None,
        row: str | None = None,
        key: str | None = None,
        time: str | None = None,
        observed_at: str | None = None,
    ) -> OutcomeTable:
        """Add the outcomes of a CSV, JSONL or Parquet file.

        POST /api/v1/endpoints/:endpoint/outcomes/table; needs outcome:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            file: Its name; the ending says what it is: .csv, .tsv, .jsonl, .parquet.
            label: Holds what turned out to be true. Rows without a value are left out.
            id: Holds ids of predictions.
            row: With `id`: which row of the prediction, from 0.
            key: Instead of `id`, with `time`: holds keys of requests.
            time: Holds when these were asked for: times, or whole milliseconds since 1970.
            observed_at: Holds when it was observed; when the table arrived unless said.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/outcomes/table",
            query=given({
                'file': file,
                'id': id,
                'row': row,
                'key': key,
                'time': time,
                'label': label,
                'observed_at': observed_at,
            }),
            body=body,
        )
