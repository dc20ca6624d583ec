# Generated from src/tracking/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Experiments, runs, metrics and artifacts."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Body, Download, Page, Transport, given, rest, segment


class ArtifactEntry(TypedDict):
    path: str
    """From the run’s artifact root."""
    folder: bool
    size: NotRequired[int]
    """Bytes; files only."""
    type: NotRequired[str]
    """Media type, as uploaded or by the name."""
    hash: NotRequired[str]
    """BLAKE3 of the bytes; files only."""
    created_at: int
    """When it was uploaded. Milliseconds since 1970, UTC."""


class DatasetInput(TypedDict):
    name: str
    digest: str
    source_type: str
    source: str
    """Where it came from, as the client said; never opened by the server."""
    schema: NotRequired[str]
    profile: NotRequired[str]
    tags: dict[str, str]
    """Free key and value pairs."""
    context: NotRequired[str]
    """What it was used for: training, validation …"""
    version: NotRequired[str]
    """The id of the dataset version that this is, where it is one of ours."""
    version_ref: NotRequired[str]
    """That version as people write it: flights@v3."""


State = Literal['active', 'deleted']
"""A deleted thing can be restored."""


class Experiment(TypedDict):
    id: str
    """A number as text; 0 is the experiment that runs land in when none is named."""
    name: str
    state: State
    artifact_location: NotRequired[str]
    """Where clients were told to write artifacts themselves; absent when Treadle keeps them."""
    note: NotRequired[str]
    """What it is about, in Markdown."""
    tags: dict[str, str]
    """Free key and value pairs."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """Last change of the experiment itself. Milliseconds since 1970, UTC."""


class ExperimentRow(Experiment):
    runs: int
    """Active runs."""
    running: int
    """Of these, running now."""
    last_run_at: NotRequired[int]
    """Start of the newest run. Milliseconds since 1970, UTC; before it, below zero."""


class MetricSummary(TypedDict):
    key: str
    last: float | Literal['NaN', 'Infinity', '-Infinity']
    """A number; NaN and the infinities as text, since JSON has no numbers for them."""
    step: int
    """The step of the latest value: the highest step, then the latest time, then the greatest value."""
    time: int
    """The time of the latest value. Milliseconds since 1970, UTC; before it, below zero."""
    min: NotRequired[float]
    """The least finite value."""
    max: NotRequired[float]
    """The greatest finite value."""
    mean: NotRequired[float]
    """The mean of the finite values."""
    count: int
    """How many points there are."""


class ModelLink(TypedDict):
    model: str
    """The id of a logged model."""
    step: int


Verdict = Literal['accepted', 'rejected', 'inconclusive']
"""What a person or a gate made of the run."""


class Outcome(TypedDict):
    verdict: Verdict
    reason: str
    """Why."""
    by: str
    """Who judged."""
    at: int
    """When it was judged. Milliseconds since 1970, UTC."""


class Resources(TypedDict):
    wall_seconds: NotRequired[float]
    """From start to end, or to now."""
    cpu_seconds: NotRequired[float]
    """CPU time of the whole process tree."""
    peak_memory_bytes: NotRequired[float]
    """Greatest resident memory of the process tree."""
    measured: NotRequired[dict[str, Any]]
    """Anything else that the sampler reported at the end."""
    sampled: list[MetricSummary]
    """The system/… metrics: what was sampled while it ran."""


RunStatus = Literal['scheduled', 'running', 'finished', 'failed', 'killed']
"""How far the try is, or how it ended."""


class RunHead(TypedDict):
    id: str
    experiment: str
    name: str
    user: str
    status: RunStatus
    state: State
    started_at: int
    """When it started. Milliseconds since 1970, UTC; before it, below zero."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC; before it, below zero."""
    outcome: NotRequired[Outcome]


class Run(RunHead):
    parent: NotRequired[str]
    """The run that this one is nested in."""
    note: NotRequired[str]
    """In Markdown."""
    params: dict[str, str]
    tags: dict[str, str]
    """Free key and value pairs."""
    metrics: list[MetricSummary]
    inputs: list[DatasetInput]
    """The data that it read."""
    model_inputs: list[ModelLink]
    outputs: list[ModelLink]
    """The models that it made."""
    code: NotRequired[dict[str, Any]]
    """Commit, entry point and the like."""
    environment: NotRequired[dict[str, Any]]
    """Interpreter, packages, machine."""
    resources: Resources
    artifact_uri: str
    """The address that MLflow clients use for its artifacts."""


class RunRow(RunHead):
    metrics: dict[str, float | Literal['NaN', 'Infinity', '-Infinity']]
    params: dict[str, str]
    tags: dict[str, str]
    """Free key and value pairs."""


class SeriesMarks(TypedDict):
    step: int
    time: int
    """Milliseconds since 1970, UTC."""
    what: Literal['NaN', 'Infinity', '-Infinity']


class Series(TypedDict):
    run: str
    key: str
    steps: list[int]
    times: list[int]
    """Milliseconds since 1970, UTC."""
    values: list[float | None]
    """Null where the value is not finite; `marks` says what it is."""
    marks: list[SeriesMarks]
    """Where the metric was not finite: each such point of the range, the first of each bucket once
    thinned.
    """
    total: int
    """Points the whole metric has."""
    thinned: bool
    """False: every point of the range is here. True: of every bucket the first, least, greatest and
    last point are.
    """


StateFilter = Literal['active', 'deleted', 'all']
"""active unless said."""


class ChangeRunsAnswer(TypedDict):
    runs: int
    """How many there are of them."""


class CompareRunsAnswer(TypedDict):
    runs: list[Run]


class DeleteArtifactAnswer(TypedDict):
    deleted: int
    """Files deleted."""


class GetManySeriesAnswer(TypedDict):
    series: list[Series]


class GroupRunsAnswerGroupsMetrics(TypedDict):
    key: str
    runs: int
    min: float
    mean: float
    max: float
    sd: NotRequired[float]
    """The standard deviation of a sample; from two runs on."""


class GroupRunsAnswerGroups(TypedDict):
    value: NotRequired[str]
    """Absent: the runs that have none."""
    runs: int
    last_started_at: int
    """Start of the newest run in it. Milliseconds since 1970, UTC; before it, below zero."""
    metrics: list[GroupRunsAnswerGroupsMetrics]


class GroupRunsAnswer(TypedDict):
    groups: list[GroupRunsAnswerGroups]
    total: int
    """Groups, also those past the limit."""


class ListColumnsAnswerVarying(TypedDict):
    """Of these, the ones of which the runs have different values; of texts the first 100 characters
    are compared, and deleted runs count too.
    """
    metrics: list[str]
    params: list[str]
    tags: list[str]


class ListColumnsAnswer(TypedDict):
    metrics: list[str]
    params: list[str]
    tags: list[str]
    varying: ListColumnsAnswerVarying
    """Of these, the ones of which the runs have different values; of texts the first 100 characters
    are compared, and deleted runs count too.
    """


class ListMetricsAnswer(TypedDict):
    items: list[MetricSummary]


class LogToRunMetrics(TypedDict):
    key: str
    value: float | Literal['NaN', 'Infinity', '-Infinity']
    """A number; NaN and the infinities as text, since JSON has no numbers for them."""
    step: NotRequired[int]
    time: NotRequired[int]
    """Now unless said. Milliseconds since 1970, UTC."""


class ReportResourcesSamples(TypedDict):
    time: int
    """When it was sampled. Milliseconds since 1970, UTC."""
    values: dict[str, float]
    """By MLflow’s names, without system/: cpu_utilization_percentage, system_memory_usage_megabytes,
    gpu_0_utilization_percentage …
    """


class TrackingApi:
    """Experiments, runs, metrics and artifacts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def change_runs(
        self,
        *,
        runs: list[str],
        tags: dict[str, str] | None = None,
        remove_tags: list[str] | None = None,
        state: State | None = None,
    ) -> ChangeRunsAnswer:
        """Tag, delete or restore many runs at once, all or none.

        POST /api/v1/runs/change; needs run:write.

        Args:
            tags: Free key and value pairs.
            remove_tags: Keys; a run that has none is left as it is.
            state: A deleted thing can be restored.
        """
        return self._transport.json(
            'POST',
            '/api/v1/runs/change',
            json=given({'runs': runs, 'tags': tags, 'remove_tags': remove_tags, 'state': state}),
        )

    def compare_runs(
        self,
        *,
        runs: list[str],
    ) -> CompareRunsAnswer:
        """Show several runs at once, in the order asked for.

        POST /api/v1/runs/compare; needs run:read.
        """
        return self._transport.json(
            'POST',
            '/api/v1/runs/compare',
            json=given({'runs': runs}),
        )

    def create_experiment(
        self,
        *,
        name: str,
        note: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> Experiment:
        """Make an experiment.

        POST /api/v1/experiments; needs experiment:write.

        Args:
            name: Unique in the workspace, deleted experiments included.
            note: What it is about, in Markdown.
            tags: Free key and value pairs.
        """
        return self._transport.json(
            'POST',
            '/api/v1/experiments',
            json=given({'name': name, 'note': note, 'tags': tags}),
        )

    def create_run(
        self,
        *,
        experiment: str,
        name: str | None = None,
        parent: str | None = None,
        tags: dict[str, str] | None = None,
        code: dict[str, Any] | None = None,
        environment: dict[str, Any] | None = None,
    ) -> Run:
        """Start a run.

        POST /api/v1/runs; needs run:write.

        Args:
            experiment: Id of the experiment.
            name: A name is made up unless said.
            tags: Free key and value pairs.
            code: Commit, entry point and the like.
            environment: Interpreter, packages, machine.
        """
        return self._transport.json(
            'POST',
            '/api/v1/runs',
            json=given({
                'experiment': experiment,
                'name': name,
                'parent': parent,
                'tags': tags,
                'code': code,
                'environment': environment,
            }),
        )

    def delete_artifact(
        self,
        run: str,
        path: str,
    ) -> DeleteArtifactAnswer:
        """Delete an artifact, or a folder with all in it.

        DELETE /api/v1/runs/:run/artifacts/*; needs run:write.

        Args:
            path: The artifact’s path.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/runs/{segment('run', run)}/artifacts/{rest('path', path)}",
        )

    def delete_experiment(
        self,
        experiment: str,
    ) -> Experiment:
        """Delete an experiment with its runs; it can be restored.

        DELETE /api/v1/experiments/:experiment; needs experiment:write.

        Args:
            experiment: The experiment’s id.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/experiments/{segment('experiment', experiment)}",
        )

    def delete_run(
        self,
        run: str,
    ) -> Run:
        """Delete a run; it can be restored.

        DELETE /api/v1/runs/:run; needs run:write.

        Args:
            run: The run’s id.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/runs/{segment('run', run)}",
        )

    def get_artifact(
        self,
        run: str,
        path: str,
    ) -> Download:
        """Download an artifact; answers Range.

        GET /api/v1/runs/:run/artifacts/*; needs run:read.

        Args:
            path: The artifact’s path.
        """
        return self._transport.download(
            'GET',
            f"/api/v1/runs/{segment('run', run)}/artifacts/{rest('path', path)}",
        )

    def get_experiment(
        self,
        experiment: str,
    ) -> Experiment:
        """Show an experiment.

        GET /api/v1/experiments/:experiment; needs experiment:read.

        Args:
            experiment: The experiment’s id.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/experiments/{segment('experiment', experiment)}",
        )

    def get_many_series(
        self,
        *,
        runs: list[str],
        keys: list[str],
        from_: int | None = None,
        to: int | None = None,
        points: int | None = None,
    ) -> GetManySeriesAnswer:
        """Points of many metrics of many runs at once.

        Together about 200,000 points: of many metrics each is thinned further than asked for. More
        than 10,000 metrics are refused.

        POST /api/v1/series; needs run:read.

        Args:
            from_: First step; the first there is unless said.
            to: Last step; the last there is unless said.
            points: About how many points to return, 1000 unless said; up to about four times as
                many where the line is restless.
        """
        return self._transport.json(
            'POST',
            '/api/v1/series',
            json=given({'runs': runs, 'keys': keys, 'from': from_, 'to': to, 'points': points}),
        )

    def get_run(
        self,
        run: str,
    ) -> Run:
        """Show a run with all that it holds.

        GET /api/v1/runs/:run; needs run:read.

        Args:
            run: The run’s id.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/runs/{segment('run', run)}",
        )

    def get_series(
        self,
        run: str,
        key: str,
        *,
        from_: int | None = None,
        to: int | None = None,
        points: int | None = None,
    ) -> Series:
        """Points of one metric, thinned without losing an extreme.

        GET /api/v1/runs/:run/metrics/:key/series; needs run:read.

        Args:
            key: URL-encoded: system%2Fcpu.
            from_: First step; the first there is unless said.
            to: Last step; the last there is unless said.
            points: About how many points to return, 1000 unless said; up to about four times as
                many where the line is restless.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/runs/{segment('run', run)}/metrics/{segment('key', key)}/series",
            query=given({'from': from_, 'to': to, 'points': points}),
        )

    def group_runs(
        self,
        *,
        experiments: list[str],
        by: str,
        filter: str | None = None,
        state: StateFilter | None = None,
        metrics: list[str] | None = None,
        limit: int | None = None,
    ) -> GroupRunsAnswer:
        """Group runs by a param, a tag, the status or the verdict.

        POST /api/v1/runs/groups; needs run:read.

        Args:
            by: params.model, tags.team, status, verdict or user_id.
            filter: Such as: metrics.auc > 0.6 AND (params.model = 'xgb' OR tags.team LIKE 'ops%').
                Names: metrics.…, params.…, tags.…, datasets.…, and attributes such as status.
            state: active unless said.
            metrics: Metrics to sum up for each group.
            limit: The largest groups; 100 unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/runs/groups',
            json=given({
                'experiments': experiments,
                'filter': filter,
                'state': state,
                'by': by,
                'metrics': metrics,
                'limit': limit,
            }),
        )

    def list_artifacts(
        self,
        run: str,
        *,
        path: str | None = None,
    ) -> Page[ArtifactEntry]:
        """List a folder of a run’s artifacts.

        GET /api/v1/runs/:run/artifacts; needs run:read.

        Args:
            path: The folder; the root unless said.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/runs/{segment('run', run)}/artifacts",
            query=given({'path': path}),
        )

    def list_columns(
        self,
        experiment: str,
    ) -> ListColumnsAnswer:
        """List the metrics, params and tags that an experiment’s runs have.

        GET /api/v1/experiments/:experiment/columns; needs run:read.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/experiments/{segment('experiment', experiment)}/columns",
        )

    def list_experiments(
        self,
        *,
        state: StateFilter | None = None,
        filter: str | None = None,
        order: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[ExperimentRow]:
        """List experiments, the newest change first.

        GET /api/v1/experiments; needs experiment:read.

        Args:
            state: active unless said.
            filter: Such as: name LIKE 'flight%' AND tags.team = 'ops'
            order: name, creation_time, last_update_time or experiment_id, then ASC or DESC.
            limit: 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/experiments',
            query=given({
                'state': state,
                'filter': filter,
                'order': order,
                'limit': limit,
                'page': page,
            }),
        )

    def list_metrics(
        self,
        run: str,
    ) -> ListMetricsAnswer:
        """List a run’s metrics with their latest values.

        GET /api/v1/runs/:run/metrics; needs run:read.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/runs/{segment('run', run)}/metrics",
        )

    def log_to_run(
        self,
        run: str,
        *,
        metrics: list[LogToRunMetrics] | None = None,
        params: dict[str, str] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        """Log metrics, params and tags, all or nothing.

        POST /api/v1/runs/:run/log; needs run:write.

        Args:
            run: The run’s id.
            tags: Free key and value pairs.
        """
        return self._transport.nothing(
            'POST',
            f"/api/v1/runs/{segment('run', run)}/log",
            json=given({'metrics': metrics, 'params': params, 'tags': tags}),
        )

    def put_artifact(
        self,
        run: str,
        path: str,
        body: Body,
    ) -> ArtifactEntry:
        """Upload an artifact; what was there is replaced once all bytes have arrived.

        PUT /api/v1/runs/:run/artifacts/*; needs run:write.

        Args:
            path: The artifact’s path.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/runs/{segment('run', run)}/artifacts/{rest('path', path)}",
            body=body,
        )

    def report_resources(
        self,
        run: str,
        *,
        samples: list[ReportResourcesSamples] | None = None,
        cpu_seconds: float | None = None,
        peak_memory_bytes: float | None = None,
        measured: dict[str, Any] | None = None,
    ) -> Resources:
        """Report what a run uses: samples while it runs, totals at its end.

        POST /api/v1/runs/:run/resources; needs run:write.

        Args:
            run: The run’s id.
            samples: Of at most 5,000 values together.
            measured: Anything else worth keeping.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/runs/{segment('run', run)}/resources",
            json=given({
                'samples': samples,
                'cpu_seconds': cpu_seconds,
                'peak_memory_bytes': peak_memory_bytes,
                'measured': measured,
            }),
        )

    def restore_experiment(
        self,
        experiment: str,
    ) -> Experiment:
        """Restore a deleted experiment and the runs that were deleted with it.

        POST /api/v1/experiments/:experiment/restore; needs experiment:write.

        Args:
            experiment: The experiment’s id.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/experiments/{segment('experiment', experiment)}/restore",
        )

    def restore_run(
        self,
        run: str,
    ) -> Run:
        """Restore a deleted run.

        POST /api/v1/runs/:run/restore; needs run:write.

        Args:
            run: The run’s id.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/runs/{segment('run', run)}/restore",
        )

    def search_runs(
        self,
        *,
        experiments: list[str],
        filter: str | None = None,
        order: list[str] | None = None,
        state: StateFilter | None = None,
        columns: list[str] | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[RunRow]:
        """Search runs: a page of the run table.

        POST /api/v1/runs/search; needs run:read.

        Args:
            experiments: Ids; none means all.
            filter: Such as: metrics.auc > 0.6 AND (params.model = 'xgb' OR tags.team LIKE 'ops%').
                Names: metrics.…, params.…, tags.…, datasets.…, and attributes such as status.
            order: Such as: metrics.auc DESC. The newest first unless said.
            state: active unless said.
            columns: metrics.…, params.…, tags.… to return; all of a run’s metrics, params and tags
                unless said.
            limit: 100 unless said.
        """
        return self._transport.page(
            'POST',
            '/api/v1/runs/search',
            json=given({
                'experiments': experiments,
                'filter': filter,
                'order': order,
                'state': state,
                'columns': columns,
                'limit': limit,
                'page': page,
            }),
        )

    def set_outcome(
        self,
        run: str,
        *,
        verdict: Verdict,
        reason: str,
    ) -> Run:
        """Write the verdict on a run, with its reason.

        PUT /api/v1/runs/:run/outcome; needs run:write.

        Args:
            run: The run’s id.
            verdict: What a person or a gate made of the run.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/runs/{segment('run', run)}/outcome",
            json=given({'verdict': verdict, 'reason': reason}),
        )

    def update_experiment(
        self,
        experiment: str,
        *,
        name: str | None = None,
        note: str | None = None,
        tags: dict[str, str] | None = None,
        remove_tags: list[str] | None = None,
    ) -> Experiment:
        """Rename an experiment, or change its note or tags.

        PATCH /api/v1/experiments/:experiment; needs experiment:write.

        Args:
            experiment: The experiment’s id.
            name: Unique in the workspace, deleted experiments included.
            note: What it is about, in Markdown.
            tags: Free key and value pairs.
            remove_tags: Keys; one that it has not is no fault.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/experiments/{segment('experiment', experiment)}",
            json=given({'name': name, 'note': note, 'tags': tags, 'remove_tags': remove_tags}),
        )

    def update_run(
        self,
        run: str,
        *,
        name: str | None = None,
        status: RunStatus | None = None,
        ended_at: int | None = None,
        note: str | None = None,
        code: dict[str, Any] | None = None,
        environment: dict[str, Any] | None = None,
    ) -> Run:
        """End a run, rename it, or write its note.

        PATCH /api/v1/runs/:run; needs run:write.

        Args:
            run: The run’s id.
            status: How far the try is, or how it ended.
            ended_at: When it ended; now, when the status says that it ended. Milliseconds since
                1970, UTC.
            code: Replaces what was there.
            environment: Replaces what was there.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/runs/{segment('run', run)}",
            json=given({
                'name': name,
                'status': status,
                'ended_at': ended_at,
                'note': note,
                'code': code,
                'environment': environment,
            }),
        )
