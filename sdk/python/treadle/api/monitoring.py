# Generated from src/monitoring/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Outcomes of predictions, watches on endpoints, alerts."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Body, Page, Transport, given, segment


AlertCause = Literal['data', 'skew', 'drift', 'performance', 'service', 'volume', 'labels', 'monitor', 'external']
"""data: columns are broken; skew: columns have been otherwise than in training since the version began
to answer; drift: columns have moved since, and are neither; performance: the metric is worse than
when the version was judged; service: more requests fail, or more answers are slow, than in the
first days of the version; volume: far fewer or more rows than usual, or none; labels: outcomes have
stopped, or are others than the version learnt from; monitor: windows or columns cannot be looked
at, or nobody looks at them; external: what Alertmanager told.
"""


AlertState = Literal['pending', 'firing', 'acknowledged', 'silenced', 'resolved']
"""pending: a window says so, and one may be chance; firing: enough in a row do; acknowledged: somebody
looks after it; silenced: nobody wants to hear of it for a time; resolved: enough windows in a row
say no more of it.
"""


AlertFeedback = Literal['useful', 'noise']
"""What people say of it: whether it was worth being told."""


class Alert(TypedDict):
    """An incident with a life: all that one cause makes of one endpoint."""
    ref: str
    """Its name in the ledger: `alert:<id>`."""
    id: str
    endpoint: str
    model: NotRequired[str]
    version: NotRequired[int]
    """The version that answered when it began."""
    cause: AlertCause
    severity: Literal['page', 'ticket']
    """page: answers are worse; ticket: something is to be looked at."""
    state: AlertState
    summary: str
    """What its newest bad window says, in a sentence."""
    members: list[str]
    """Columns that are concerned."""
    first_window: int
    """Start of the first window that said so. Milliseconds since 1970, UTC."""
    last_window: int
    """Start of the last one that did. Milliseconds since 1970, UTC."""
    opened_at: int
    """When it was first said. Milliseconds since 1970, UTC."""
    fired_at: NotRequired[int]
    """When it fired first. Milliseconds since 1970, UTC."""
    silenced_until: NotRequired[int]
    """End of its silence. Milliseconds since 1970, UTC."""
    resolved_at: NotRequired[int]
    """When it was resolved. Milliseconds since 1970, UTC."""
    owner: NotRequired[str]
    """Who looks after such alerts."""
    runbook: NotRequired[str]
    """Where it stands what to do."""
    feedback: NotRequired[AlertFeedback]
    updated_at: int
    """When something last happened to it. Milliseconds since 1970, UTC."""


class AlertDetailTransitions(TypedDict):
    state: AlertState
    at: int
    """When. Milliseconds since 1970, UTC."""
    by: NotRequired[str]
    """Who, where it was a person."""
    note: NotRequired[str]


class AlertDetail(Alert):
    transitions: list[AlertDetailTransitions]
    """Its life, oldest first."""


class AlertReportSince(TypedDict):
    """Since when."""
    at: int
    """When the change began. Milliseconds since 1970, UTC."""
    low: NotRequired[int]
    """No earlier, with 90 %. Milliseconds since 1970, UTC."""
    high: NotRequired[int]
    """No later, with 90 %. Milliseconds since 1970, UTC."""
    words: str


class AlertReportExtent(TypedDict):
    name: str
    words: str
    value: NotRequired[float]
    before: NotRequired[float]


class AlertReportParts(TypedDict):
    """What changed: the difference of the mean loss in three parts that add up to it."""
    before: float
    """Mean loss before the change."""
    now: float
    """And since."""
    mix: float
    """Of the difference: other rows are asked."""
    labels: float
    """Outcomes are another share, beyond that."""
    concept: float
    """The rest: equal rows come out otherwise."""
    rows_before: int
    rows_now: int
    effective: float
    """Rows of before that are as good as these once they are weighted to look like now; few make the
    parts uncertain.
    """
    words: str


class AlertReportCauses(TypedDict):
    kind: str
    """The signal that says so: unit, missing, drift, deploy …"""
    column: NotRequired[str]
    words: str
    share: float
    """Of rows that it concerns, 0 to 1."""
    moved: NotRequired[float]
    """Share of rows that lie in other bins."""
    loss_effect: NotRequired[float]
    """What this change alone would have done to the mean loss."""
    score_effect: NotRequired[float]
    """And to the mean answer, in standard deviations."""


class AlertReportSlices(TypedDict):
    column: str
    value: str | None
    rows: int
    loss: float
    others: float
    """Mean loss of all other rows."""


class AlertReportSamples(TypedDict):
    prediction: str
    time: float
    odds: float
    """How many times likelier such a row is now."""
    now: dict[str, float | str | None]
    nearest: dict[str, float | str | None]
    distance: float
    """Standard deviations a column."""


class AlertReportApartWords(TypedDict):
    now: list[str]
    before: list[str]


class AlertReportApart(TypedDict):
    column: str
    auc: float
    """As `separable`, of this column alone."""
    low: float
    """Its interval, with 95 %."""
    high: float
    rows: int
    """Values of both sides that were judged."""
    words: NotRequired[AlertReportApartWords]


class AlertReportTimeline(TypedDict):
    at: int
    """When. Milliseconds since 1970, UTC."""
    kind: Literal['deploy', 'data', 'other']
    words: str
    ref: str
    """Its name in the ledger."""
    by: NotRequired[str]


SignalState = Literal['ok', 'alert', 'no_data', 'no_labels', 'no_reference', 'not_recorded', 'failed']
"""ok; alert; no_data: too few rows to say; no_labels: no outcome has arrived; no_reference: there is
nothing to compare with yet; not_recorded: the endpoint drops the column, or changed in the window
how it is recorded; failed: this column could not be read.
"""


AlertReportWindows = TypedDict(
    'AlertReportWindows',
    {
        # Start of the window. Milliseconds since 1970, UTC.
        'from': int,
        # Its end. Milliseconds since 1970, UTC.
        'to': int,
        'state': SignalState,
        'rows': int,
        'value': NotRequired[float],
    },
)


class AlertReportAction(TypedDict):
    do: Literal['retrain', 'fix_data', 'roll_back', 'wait', 'mend']
    """mend: something that should run does not."""
    words: str
    """Why."""
    command: NotRequired[str]


class AlertReport(TypedDict):
    """Why an alert fired, as it was seen then: made once, and never changed."""
    alert: str
    """Id of the alert."""
    made_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    sha256: str
    """Of the report as it is stored; the ledger has it, too."""
    endpoint: str
    model: NotRequired[str]
    version: NotRequired[int]
    cause: AlertCause
    severity: Literal['page', 'ticket']
    summary: str
    since: AlertReportSince
    """Since when."""
    until: int
    """End of the last window that it is about. Milliseconds since 1970, UTC."""
    extent: list[AlertReportExtent]
    """How bad it is."""
    parts: NotRequired[AlertReportParts]
    """What changed: the difference of the mean loss in three parts that add up to it."""
    causes: list[AlertReportCauses]
    """Likely causes, the likeliest first."""
    slices: list[AlertReportSlices]
    """Where the model errs most, value by value."""
    samples: list[AlertReportSamples]
    """Rows that are most of now, each beside the nearest row of before."""
    separable: NotRequired[float]
    """How well rows of now are told from those of before: 0.5 not at all, 1 always."""
    apart: NotRequired[list[AlertReportApart]]
    """How well texts and embeddings of now are told from those of before, by a classifier that is
    judged on values that it did not learn from; of texts the words that say so.
    """
    timeline: list[AlertReportTimeline]
    """What was done around that time, oldest first."""
    windows: list[AlertReportWindows]
    """The windows around it, oldest first; `value` is what `measure` says."""
    measure: str
    """What is drawn of the windows."""
    action: AlertReportAction
    notes: list[str]
    """What could not be told."""


class AlertmanagerMessageAlerts(TypedDict):
    status: Literal['firing', 'resolved']
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: str
    fingerprint: str


class AlertmanagerMessage(TypedDict):
    """What Alertmanager sends to a webhook, version 4; of it, what is read here."""
    version: Literal['4']
    alerts: list[AlertmanagerMessageAlerts]


class AlertmanagerTakenIgnored(TypedDict):
    fingerprint: str
    why: str


class AlertmanagerTaken(TypedDict):
    accepted: int
    ignored: list[AlertmanagerTakenIgnored]


ColumnKind = Literal['numbers', 'categories', 'text', 'image', 'vector']
"""numbers: each value of a tensor is a column; categories: values are told apart and counted; of the
others columns are made that are watched (`in_note · words`). text: length, characters, words,
language; image, as a tensor or as the bytes of a file: brightness, contrast, sharpness, means of
channels; vector: its norm, where it lies along the directions in which the reference differs most,
and how far from them.
"""


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


class MonitorSettings(TypedDict):
    window_ms: NotRequired[int]
    """Length of a window, ms; a day unless said. Windows begin at its multiples since 1970, UTC."""
    stands_for_ms: NotRequired[int]
    """How much time of the data a window holds where another clock goes in it than here, ms: a day in
    two seconds, where the past is played again. The reference is cut into windows of this length;
    window_ms unless said. Alarms a year are those of our own time.
    """
    label_delay_ms: NotRequired[int]
    """How long after a prediction its outcome is waited for, ms; a day unless said. Later ones are
    refused, and a window is scored so long after its end.
    """
    metric: NotRequired[str]
    """A metric of evaluations: auc, accuracy, rmse …; by the kind of model unless said."""
    score: NotRequired[str]
    """Column of the prediction log that is scored: `out_probabilities[1]`; of several labels or
    horizons the tensor: `out_y`; the only one that can be unless said.
    """
    task: NotRequired[Literal['binary', 'regression', 'classes', 'multilabel', 'forecast', 'ranking']]
    """What the model does; told from its answers and outcomes unless said. multilabel: outcomes are
    lists of 0 and 1, one for each value of a row of the answer; forecast: lists of numbers, one for
    each horizon, null where it is not known; ranking, which is never guessed: the rows of a
    prediction are one list, and outcomes are relevances of 0 or more.
    """
    slices: NotRequired[list[str]]
    """Columns of the prediction log whose values are scored apart: `in_origin`; those with at most 20
    values unless said.
    """
    ignore: NotRequired[list[str]]
    """Columns of the prediction log that are not watched: `in_id`."""
    kinds: NotRequired[dict[str, ColumnKind]]
    """What columns of the prediction log hold, where their values would be taken for something else, a
    tensor by its name: {"in_note": "text", "in_x": "vector"}.
    """
    reference: NotRequired[str]
    """What windows are compared with: a dataset ref with a file of it where it has several. Unless
    said: what the version was trained on, as its lineage tells, then what it was judged on by its
    newest evaluation, and for columns that are not in there its own first windows.
    """
    first_windows: NotRequired[int]
    """How many first windows of a version are a reference; 3 unless said, and 8 for what it answers."""
    owner: NotRequired[str]
    """Who looks after its alerts."""
    runbook: NotRequired[str]
    """Where it stands what to do about its alerts."""


class MonitorFeedback(TypedDict):
    """What people said of its alerts."""
    useful: int
    noise: int


class Signal(TypedDict):
    """A statistic over a window."""
    signal: Literal['volume', 'columns', 'missing', 'misfit', 'unseen', 'infinite', 'range', 'constant', 'unit', 'freshness', 'skew', 'drift', 'coverage', 'performance', 'slices', 'estimated', 'labels', 'latency', 'throughput', 'errors', 'queue']
    """volume: rows that were answered; columns: absent and unexpected ones; missing, misfit, unseen,
    infinite: share of rows without a value, with a value of another type, with a category that the
    reference never or rarely had, with an infinite number; range: share outside of what the
    reference has; constant: one value throughout; unit: share that looks as if in another unit;
    freshness: age of the newest row when the window ends, ms; skew: columns that were otherwise
    than in the reference from the first window on; drift: of a column its population stability
    index, without one the evidence of all columns and windows so far, in multiples of what an alarm
    needs; coverage: share of rows with an outcome; performance: the metric on these, with what all
    outcomes so far say of harm; slices: how many values of columns are answered worse than the
    rest; estimated: what the metric will be once outcomes arrive; labels: the population stability
    index of outcomes beside the label that the version learnt from; latency: what 99 of 100 answers
    took at most, ms; throughput: requests a second; errors: share of requests that failed, or were
    refused; queue: how long answers waited for the model on average, ms.
    """
    column: NotRequired[str]
    """As the prediction log calls it."""
    value: NotRequired[float]
    state: SignalState
    reason: str
    """In a sentence."""
    evidence: dict[str, Any]
    """The figures behind it: counts, test, p, level, interval, binning, smoothing."""


MonitorWindow = TypedDict(
    'MonitorWindow',
    {
        # Start of the window. Milliseconds since 1970, UTC.
        'from': int,
        # Its end. Milliseconds since 1970, UTC.
        'to': int,
        # What time it stands for, where the past is played again.
        'stands_for_ms': NotRequired[int],
        'state': SignalState,
        # Rows of the version that answered as primary last in the window.
        'rows': int,
        'model': NotRequired[str],
        'version': NotRequired[int],
        # Why it could not be looked at.
        'problem': NotRequired[str],
        # When it was looked at. Milliseconds since 1970, UTC.
        'looked_at': int,
        # When the outcomes were waited for, and its answers scored. Milliseconds since 1970, UTC.
        'scored_at': NotRequired[int],
        'signals': list[Signal],
    },
)


class Monitor(TypedDict):
    """A watch on an endpoint: what it was asked and answered, window by window, against a reference."""
    ref: str
    """Its name in the ledger: `monitor:<id>`."""
    id: str
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    window_ms: int
    label_delay_ms: int
    settings: MonitorSettings
    created_at: int
    """When it was set first. Milliseconds since 1970, UTC."""
    updated_at: int
    """When it was last changed. Milliseconds since 1970, UTC."""
    created_by: str
    next_at: int
    """When the window that goes on is over. Milliseconds since 1970, UTC."""
    overdue_since: NotRequired[int]
    """Since when a window should have been looked at and was not: the monitor does not run.
    Milliseconds since 1970, UTC.
    """
    feedback: NotRequired[MonitorFeedback]
    """What people said of its alerts."""
    latest: NotRequired[MonitorWindow]


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
    value: float | bool | str | list[float | None]
    """What turned out to be true: a label or a number; of a model of several labels or horizons all of
    them, null where it is not known.
    """
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
    """Rows that are none, by reason: no_label, not_finite (NaN or an infinity), unreadable (no
    prediction id of this server, or no key and time), unreadable_time (what stands there is no
    time), unreadable_row (no whole number from 0), foreign (of another endpoint), shadow (of an
    answer that nobody got), late (after the label delay of the monitor).
    """
    warnings: list[str]
    """What looks wrong in rows that were taken: labels of another type than most, labels that outcomes
    of before do not have, times in the future, times of observation that cannot be read or lie
    before the prediction, rows beyond those of the prediction, predictions of which nothing is
    recorded.
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
    """unreadable, foreign, shadow, incomplete, future, not_finite or late."""
    message: str


class OutcomesAdded(TypedDict):
    accepted: int
    """Taken; on disk."""
    known: int
    """Delivered before, just so: nothing was written."""
    refused: list[OutcomesAddedRefused]
    warnings: NotRequired[list[str]]
    """What looks wrong in outcomes that were taken: predictions outside of the share that is recorded,
    times of observation before the prediction.
    """


class ExportMonitoringAnswerFiles(TypedDict):
    path: str
    text: str


class ExportMonitoringAnswer(TypedDict):
    files: list[ExportMonitoringAnswerFiles]
    """Files of one folder."""


class ReceiveAlertmanagerAlerts(TypedDict):
    status: Literal['firing', 'resolved']
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: str
    fingerprint: str


class MonitoringApi:
    """Outcomes of predictions, watches on endpoints, alerts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def acknowledge_alert(
        self,
        alert: str,
        *,
        note: str | None = None,
    ) -> AlertDetail:
        """Acknowledge an alert: somebody looks after it.

        POST /api/v1/alerts/:alert/acknowledge; needs alert:write.

        Args:
            alert: Id of an alert, 32 hex digits.
            note: What is being done; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/alerts/{segment('alert', alert)}/acknowledge",
            json=given({'note': note}),
        )

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

    def delete_monitor(
        self,
        endpoint: str,
    ) -> None:
        """Watch an endpoint no longer; its windows go with it, its ledger entries stay.

        DELETE /api/v1/endpoints/:endpoint/monitor; needs monitor:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/monitor",
        )

    def export_monitoring(
        self,
        *,
        target: str | None = None,
        runbook: str | None = None,
    ) -> ExportMonitoringAnswer:
        """Rules for Prometheus, dashboards for Grafana, and how Alertmanager tells this server.

        GET /api/v1/monitoring/export; needs monitor:read.

        Args:
            target: Where Prometheus finds the server: host:port; 127.0.0.1:5000 unless said.
            runbook: Address of the page that rules link to; #rule is added.
        """
        return self._transport.json(
            'GET',
            '/api/v1/monitoring/export',
            query=given({'target': target, 'runbook': runbook}),
        )

    def get_alert(
        self,
        alert: str,
    ) -> AlertDetail:
        """Show an alert with its whole life.

        GET /api/v1/alerts/:alert; needs alert:read.

        Args:
            alert: Id of an alert, 32 hex digits.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/alerts/{segment('alert', alert)}",
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

    def get_monitor(
        self,
        endpoint: str,
    ) -> Monitor:
        """Show how an endpoint is watched, with its newest window.

        GET /api/v1/endpoints/:endpoint/monitor; needs monitor:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/monitor",
        )

    def get_report(
        self,
        alert: str,
    ) -> AlertReport:
        """Show why an alert fired: the report that was made then.

        GET /api/v1/alerts/:alert/report; needs alert:read.

        Args:
            alert: Id of an alert, 32 hex digits.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/alerts/{segment('alert', alert)}/report",
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

    def list_alerts(
        self,
        *,
        endpoint: str | None = None,
        state: AlertState | None = None,
        cause: AlertCause | None = None,
        severity: Literal['page', 'ticket'] | None = None,
        open: bool | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Alert]:
        """List alerts, newest first.

        GET /api/v1/alerts; needs alert:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            state: pending: a window says so, and one may be chance; firing: enough in a row do;
                acknowledged: somebody looks after it; silenced: nobody wants to hear of it for a
                time; resolved: enough windows in a row say no more of it.
            cause: data: columns are broken; skew: columns have been otherwise than in training
                since the version began to answer; drift: columns have moved since, and are neither;
                performance: the metric is worse than when the version was judged; service: more
                requests fail, or more answers are slow, than in the first days of the version;
                volume: far fewer or more rows than usual, or none; labels: outcomes have stopped,
                or are others than the version learnt from; monitor: windows or columns cannot be
                looked at, or nobody looks at them; external: what Alertmanager told.
            open: Only those that are not resolved.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/alerts',
            query=given({
                'endpoint': endpoint,
                'state': state,
                'cause': cause,
                'severity': severity,
                'open': open,
                'limit': limit,
                'page': page,
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

    def list_windows(
        self,
        endpoint: str,
        *,
        limit: int | None = None,
        whole: bool | None = None,
        page: str | None = None,
    ) -> Page[MonitorWindow]:
        """List the windows of a monitor with their signals, newest first.

        GET /api/v1/endpoints/:endpoint/monitor/windows; needs monitor:read.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            limit: At most 100; 20 unless said.
            whole: Only the signals of windows as a whole: a hundred windows of a hundred columns
                are much to carry.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/monitor/windows",
            query=given({'limit': limit, 'whole': whole, 'page': page}),
        )

    def receive_alertmanager(
        self,
        *,
        version: Literal['4'],
        alerts: list[ReceiveAlertmanagerAlerts],
    ) -> AlertmanagerTaken:
        """For a webhook of Alertmanager: its alerts that name an endpoint become alerts here.

        POST /api/v1/alerts/alertmanager; needs alert:write.
        """
        return self._transport.json(
            'POST',
            '/api/v1/alerts/alertmanager',
            json=given({'version': version, 'alerts': alerts}),
        )

    def set_monitor(
        self,
        endpoint: str,
        *,
        window_ms: int | None = None,
        stands_for_ms: int | None = None,
        label_delay_ms: int | None = None,
        metric: str | None = None,
        score: str | None = None,
        task: Literal['binary', 'regression', 'classes', 'multilabel', 'forecast', 'ranking'] | None = None,
        slices: list[str] | None = None,
        ignore: list[str] | None = None,
        kinds: dict[str, ColumnKind] | None = None,
        reference: str | None = None,
        first_windows: int | None = None,
        owner: str | None = None,
        runbook: str | None = None,
    ) -> Monitor:
        """Watch an endpoint, or change how it is watched.

        What is not said is as it is by default. Another length of windows begins anew: windows that
        were looked at stay and are not compared with.

        PUT /api/v1/endpoints/:endpoint/monitor; needs monitor:write.

        Args:
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            window_ms: Length of a window, ms; a day unless said. Windows begin at its multiples
                since 1970, UTC.
            stands_for_ms: How much time of the data a window holds where another clock goes in it
                than here, ms: a day in two seconds, where the past is played again. The reference
                is cut into windows of this length; window_ms unless said. Alarms a year are those
                of our own time.
            label_delay_ms: How long after a prediction its outcome is waited for, ms; a day unless
                said. Later ones are refused, and a window is scored so long after its end.
            metric: A metric of evaluations: auc, accuracy, rmse …; by the kind of model unless
                said.
            score: Column of the prediction log that is scored: `out_probabilities[1]`; of several
                labels or horizons the tensor: `out_y`; the only one that can be unless said.
            task: What the model does; told from its answers and outcomes unless said. multilabel:
                outcomes are lists of 0 and 1, one for each value of a row of the answer; forecast:
                lists of numbers, one for each horizon, null where it is not known; ranking, which
                is never guessed: the rows of a prediction are one list, and outcomes are relevances
                of 0 or more.
            slices: Columns of the prediction log whose values are scored apart: `in_origin`; those
                with at most 20 values unless said.
            ignore: Columns of the prediction log that are not watched: `in_id`.
            kinds: What columns of the prediction log hold, where their values would be taken for
                something else, a tensor by its name: {"in_note": "text", "in_x": "vector"}.
            reference: What windows are compared with: a dataset ref with a file of it where it has
                several. Unless said: what the version was trained on, as its lineage tells, then
                what it was judged on by its newest evaluation, and for columns that are not in
                there its own first windows.
            first_windows: How many first windows of a version are a reference; 3 unless said, and 8
                for what it answers.
            owner: Who looks after its alerts.
            runbook: Where it stands what to do about its alerts.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/endpoints/{segment('endpoint', endpoint)}/monitor",
            json=given({
                'window_ms': window_ms,
                'stands_for_ms': stands_for_ms,
                'label_delay_ms': label_delay_ms,
                'metric': metric,
                'score': score,
                'task': task,
                'slices': slices,
                'ignore': ignore,
                'kinds': kinds,
                'reference': reference,
                'first_windows': first_windows,
                'owner': owner,
                'runbook': runbook,
            }),
        )

    def silence_alert(
        self,
        alert: str,
        *,
        until: int,
        reason: str,
    ) -> AlertDetail:
        """Silence an alert for a time; then it fires again, unless it is resolved by then.

        POST /api/v1/alerts/:alert/silence; needs alert:write.

        Args:
            alert: Id of an alert, 32 hex digits.
            until: End of the silence. Milliseconds since 1970, UTC.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/alerts/{segment('alert', alert)}/silence",
            json=given({'until': until, 'reason': reason}),
        )

    def unsilence_alert(
        self,
        alert: str,
        *,
        reason: str | None = None,
    ) -> AlertDetail:
        """End a silence before its time: the alert fires again.

        POST /api/v1/alerts/:alert/unsilence; needs alert:write.

        Args:
            alert: Id of an alert, 32 hex digits.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/alerts/{segment('alert', alert)}/unsilence",
            json=given({'reason': reason}),
        )

    def update_alert(
        self,
        alert: str,
        *,
        owner: str | None = None,
        feedback: AlertFeedback | None = None,
    ) -> AlertDetail:
        """Say who looks after an alert, or whether it was worth being told.

        PATCH /api/v1/alerts/:alert; needs alert:write.

        Args:
            alert: Id of an alert, 32 hex digits.
            feedback: What people say of it: whether it was worth being told.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/alerts/{segment('alert', alert)}",
            json=given({'owner': owner, 'feedback': feedback}),
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
