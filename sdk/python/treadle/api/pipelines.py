# Generated from src/pipelines/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Executions of treadle.yaml, their steps, logs and outputs."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Body, Download, Events, Page, Transport, given, segment


class Outcome(TypedDict):
    reason: str
    """ok, exit, signal, timeout, oom, cancelled, lost, output, input, environment or not-started."""
    message: str
    code: NotRequired[int]
    signal: NotRequired[str]
    warnings: NotRequired[list[str]]
    """What was left out although it ended well, such as lines of a metrics file."""


class Attempt(TypedDict):
    number: int
    outcome: Outcome
    started_at: int
    ended_at: int
    run_id: NotRequired[str]


class Check(TypedDict):
    """A check of a commit: everything runs and the gate judges, and nothing is promoted or deployed,
    no loop is changed, and no loop takes it for its project.
    """
    branch: NotRequired[str]
    """The branch that is checked."""
    base: NotRequired[str]
    """The branch that the report compares with."""
    pull_request: NotRequired[int]
    """Number of the pull or merge request that it is for."""
    sample: NotRequired[float]
    """Share of the data that it runs on, the same rows each time. What comes of it is no base for
    others, and its model is never promoted or deployed.
    """
    warnings: NotRequired[list[str]]
    """What was left out of the project, such as submodules and links out of it; the report says so."""


class ProposedData(TypedDict):
    kind: Literal['dataset_proposed']
    dataset: str
    proposal: int
    """Its number."""
    branch: str
    """The branch that is proposed."""
    into: str
    """The branch that it is to be merged into."""
    version: str
    """The version that was read in the place of it: `v7`."""


class RegisteredVersion(TypedDict):
    kind: Literal['version_registered']
    model: str
    version: str


class CheckShown(TypedDict):
    branch: NotRequired[str]
    """The branch that is checked."""
    base: NotRequired[str]
    """The branch that the report compares with."""
    pull_request: NotRequired[int]
    """Number of the pull or merge request that it is for."""
    sample: NotRequired[float]
    """Share of the data that it runs on, the same rows each time. What comes of it is no base for
    others, and its model is never promoted or deployed.
    """
    warnings: NotRequired[list[str]]
    """What was left out of the project, such as submodules and links out of it; the report says so."""
    change: NotRequired[ProposedData | RegisteredVersion]
    """The change to data or to a model that is checked, where it is no commit."""


class CodeFile(TypedDict):
    path: str
    """Path inside the project, with `/`; no `.` or `..`."""
    hash: str
    """BLAKE3-256 of the bytes, 64 hex digits."""
    size: int
    executable: NotRequired[bool]


class ComparisonFirst(TypedDict):
    step: str
    output: NotRequired[str]
    path: NotRequired[str]
    at: NotRequired[int]
    """The first byte that differs."""
    text: str


class ComparisonMetrics(TypedDict):
    step: str
    name: str
    before: float
    after: float


class ComparisonEnvironment(TypedDict):
    step: str
    name: str
    before: NotRequired[str]
    after: NotRequired[str]


class Comparison(TypedDict):
    verdict: Literal['bitwise', 'numeric', 'different', 'failed']
    """bitwise: all outputs equal; numeric: the metrics equal within the tolerance; different; failed:
    it could not be repeated.
    """
    tolerance: float
    text: str
    """One sentence for people."""
    first: NotRequired[ComparisonFirst]
    metrics: list[ComparisonMetrics]
    """Those that differ."""
    environment: list[ComparisonEnvironment]
    """Packages, interpreter and machine: what differs."""


class DataInputSample(TypedDict):
    """It is a part of another version."""
    of: str
    """`flights@v3`"""
    version_id: str
    """Id of that version."""
    hash: str
    unit: Literal['rows', 'files']
    kept: int
    total: int
    """Rows of its tables; of a version without tables, its files."""


class DataInput(TypedDict):
    name: str
    """Its name in the file."""
    ref: str
    """As asked for."""
    dataset: str
    version: str
    """What it was then: v3."""
    version_id: str
    hash: str
    sample: NotRequired[DataInputSample]
    """It is a part of another version."""


class DeployResult(TypedDict):
    """How the model got to its endpoint."""
    state: Literal['deploying', 'live', 'failed', 'skipped', 'held', 'rolling_out', 'rolled_back']
    """failed: what answered before goes on answering; rolling_out: it answers a part of the requests,
    and its release goes on by evidence; rolled_back: what answered before answers all again; held:
    the version had been taken away from the endpoint, which a pipeline does not undo; `problem`
    says by whom, and how to deploy it on purpose.
    """
    endpoint: str
    stage: NotRequired[str]
    """While deploying: what is going on now."""
    revision: NotRequired[int]
    address: NotRequired[str]
    """Where it answers."""
    reused: NotRequired[bool]
    """The endpoint answered with this version already."""
    warnings: NotRequired[list[str]]
    """What should be known of it although nothing forbade it."""
    problem: NotRequired[str]
    started_at: NotRequired[int]
    """When it began. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


ExecutionState = Literal['queued', 'running', 'succeeded', 'failed', 'cancelled', 'rejected']
"""rejected: every step went well, and the gate did not let the model pass; it is registered, and was
neither made champion nor deployed.
"""


ExecutionParams = TypedDict(
    'ExecutionParams',
    {
        'name': str,
        'value': str | float | bool,
        # file or request.
        'from': str,
    },
)


class GitState(TypedDict):
    commit: NotRequired[str]
    branch: NotRequired[str]
    remote: NotRequired[str]
    """Without user name and password."""
    dirty: bool
    """Files differed from the commit, or were not tracked."""
    diff: NotRequired[str]
    """The difference from the commit, cut at 1 MiB."""


class ExecutionCode(TypedDict):
    digest: str
    files: int
    git: NotRequired[GitState]


class ExecutionModelVersion(TypedDict):
    name: str
    version: str


class GateResultRules(TypedDict):
    rule: str
    verdict: Literal['pass', 'fail', 'inconclusive']
    """inconclusive: what is known decides neither way."""
    reason: str
    always: NotRequired[Literal[True]]
    """Not of the file: every model is asked it."""


class GateResultProof(TypedDict):
    """Whether training read rows of the gate’s data."""
    verdict: Literal['pass', 'fail', 'inconclusive']
    """inconclusive: what is known decides neither way."""
    summary: str
    warnings: NotRequired[list[str]]


class GateResultReused(TypedDict):
    """The execution that judged the same version on the same data by the same rules."""
    execution: str
    number: int


class GateResult(TypedDict):
    """What the gate of the file said of the model."""
    state: Literal['judging', 'judged', 'failed', 'skipped']
    """failed: it could not judge, and `problem` says why."""
    data: str
    """What it judges on, as in the file."""
    stage: NotRequired[str]
    """While judging: what is going on now."""
    evaluation: NotRequired[str]
    """Id of the evaluation, which holds everything."""
    verdict: NotRequired[Literal['pass', 'fail', 'inconclusive']]
    """inconclusive: what is known decides neither way."""
    reasons: list[str]
    """Why not pass, in the order of weight."""
    rules: list[GateResultRules]
    proof: NotRequired[GateResultProof]
    """Whether training read rows of the gate’s data."""
    compared_with: NotRequired[int]
    """The other version that was champion when it was judged."""
    is_champion: NotRequired[bool]
    """It was the champion itself when it was judged: there was no other to compare with."""
    in_use: NotRequired[str]
    """Of a version that did not pass: how it is in use from before, and how to end that."""
    problem: NotRequired[str]
    reused: NotRequired[GateResultReused]
    """The execution that judged the same version on the same data by the same rules."""
    started_at: NotRequired[int]
    """When it began. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


class ExecutionReproduces(TypedDict):
    run_id: str
    execution: str
    number: int


class Execution(TypedDict):
    id: str
    pipeline: str
    number: int
    """Counts from 1 in its pipeline."""
    state: ExecutionState
    reason: NotRequired[str]
    """Why it failed, was cancelled or rejected."""
    trigger: Literal['manual', 'rerun', 'reproduce', 'loop', 'ci']
    """loop: the pipeline was run by itself, as its loop says; ci: it checked a commit, or a change to
    data or a model.
    """
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: str
    started_at: NotRequired[int]
    """When work began. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""
    params: list[ExecutionParams]
    data: list[DataInput]
    code: ExecutionCode
    steps_by_state: dict[str, int]
    experiment_id: NotRequired[str]
    run_id: NotRequired[str]
    """The run that holds the runs of its steps."""
    model_version: NotRequired[ExecutionModelVersion]
    gate: NotRequired[GateResult]
    deployment: NotRequired[DeployResult]
    reproduces: NotRequired[ExecutionReproduces]
    comparison: NotRequired[Comparison]
    ci: NotRequired[CheckShown]


StepState = Literal['waiting', 'ready', 'running', 'succeeded', 'cached', 'failed', 'cancelled', 'skipped']
"""waiting for other steps; ready; running; succeeded; cached: an earlier result was taken; failed;
cancelled; skipped: a step it needs did not succeed.
"""


class Reason(TypedDict):
    part: str
    """command, code, data, input, param, environment, output, variable, salt, sample, cache or new."""
    name: NotRequired[str]
    """Which file, parameter or input."""
    before: NotRequired[str]
    after: NotRequired[str]
    text: str
    """One sentence for people."""


class StepCachedFrom(TypedDict):
    execution: str
    pipeline: str
    number: int
    step: str
    run_id: NotRequired[str]


class StepOutput(TypedDict):
    name: str
    path: str
    kind: Literal['file', 'folder']
    digest: str
    """BLAKE3 of the file, or of the list of a folder: equal digest, equal content."""
    size: int
    """Bytes."""
    files: int


class StepResourcesCpuPercent(TypedDict):
    min: float
    mean: float
    max: float


class StepResourcesMemoryBytes(TypedDict):
    min: float
    mean: float
    max: float


class StepResources(TypedDict):
    wall_ms: float
    cpu_ms: float
    """CPU time of the step and everything it started."""
    cpu_percent: NotRequired[StepResourcesCpuPercent]
    memory_bytes: NotRequired[StepResourcesMemoryBytes]
    peak_memory_bytes: float
    read_bytes: float
    written_bytes: float


class Step(TypedDict):
    name: str
    state: StepState
    command: str
    """As in the file."""
    needs: list[str]
    key: NotRequired[str]
    """The cache key: SHA-256 of everything the result depends on."""
    reasons: list[Reason]
    """Why it ran, or did not."""
    cached_from: NotRequired[StepCachedFrom]
    attempt: int
    """Which try this is, from 1; 0 before the first."""
    attempts: list[Attempt]
    """The tries before this one."""
    ready_at: NotRequired[int]
    """When everything it needs was there. Milliseconds since 1970, UTC."""
    started_at: NotRequired[int]
    """When its process ran. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""
    start_delay_ms: NotRequired[float]
    """From ready to the process running, without the wait for free cores."""
    outcome: NotRequired[Outcome]
    run_id: NotRequired[str]
    """The tracked run of its last try."""
    outputs: list[StepOutput]
    resources: NotRequired[StepResources]
    log_bytes: int


class ExecutionDetail(Execution):
    steps: list[Step]
    warnings: list[str]


class LogPart(TypedDict):
    text: str
    next: int
    """Hand it back as `offset` for what follows. In bytes."""
    done: bool
    """The step has ended and this is the end of its log."""


class NewExecution(TypedDict):
    file: str
    """The text of treadle.yaml."""
    file_name: NotRequired[str]
    """Its path in the project; treadle.yaml unless said."""
    code: list[CodeFile]
    """The project as it is now; upload the blobs first."""
    git: NotRequired[GitState]
    params: NotRequired[dict[str, str | float | bool]]
    """Values that replace those of the file."""
    data: NotRequired[dict[str, str]]
    """Dataset references that replace those of the file."""
    steps: NotRequired[list[str]]
    """Only these and what they need."""
    force: NotRequired[bool]
    """Run every step, whatever is cached."""
    ci: NotRequired[Check]


class Pipeline(TypedDict):
    name: str
    created_at: int
    """When it was first run. Milliseconds since 1970, UTC."""
    created_by: str
    executions: int
    latest: NotRequired[Execution]


class PlannedStep(TypedDict):
    name: str
    needs: list[str]
    action: Literal['cached', 'run', 'depends']
    """depends: whether it runs is known once a step before it has run."""
    reasons: list[Reason]
    expected_ms: NotRequired[float]
    """Wall time of its last run."""


class Plan(TypedDict):
    pipeline: str
    steps: list[PlannedStep]
    data: list[DataInput]
    warnings: list[str]


class Problem(TypedDict):
    severity: Literal['error', 'warning']
    line: int
    column: int
    path: str
    message: str
    hint: NotRequired[str]


class RolloutWish(TypedDict):
    """Step by step, beside what answers now, as far as the evidence of each step lets it."""
    steps: NotRequired[list[float]]
    """Percent of the requests that it gets, step by step, rising; then all. 0.5, 5, 25, 50 unless
    said.
    """
    shadow: NotRequired[int]
    """First it is asked with copies, and answers nobody: so many copies. No such step unless said."""
    every_s: NotRequired[float]
    """Least time of a step, s; 300 unless said."""
    within_s: NotRequired[float]
    """Time in which the evidence of a step must be enough, s; 86400 unless said."""
    requests: NotRequired[int]
    """Requests of the endpoint within which the evidence of a step must be enough; any number unless
    said.
    """
    undecided: NotRequired[Literal['hold', 'promote', 'rollback']]
    """What happens where it is not: hold (a person decides), promote, rollback; hold unless said."""
    losses: NotRequired[Literal['watch', 'require']]
    """Outcomes that show more wrong answers roll it back; require: they must also show that it is good
    enough. watch unless said.
    """


class RunStepRead(TypedDict):
    step: str
    """The step that made it."""
    output: StepOutput
    run_id: NotRequired[str]
    """The run that made it."""


class RunStepMade(TypedDict):
    step: str
    """The step that made it."""
    output: StepOutput


class RunStepModels(TypedDict):
    name: str
    version: int


class RunStep(TypedDict):
    """What the step of a pipeline behind a run read and made."""
    execution: str
    pipeline: str
    number: int
    """Of the execution, in its pipeline."""
    step: NotRequired[str]
    """Absent: the run holds those of the whole execution."""
    data: list[DataInput]
    """The dataset versions that it read."""
    read: list[RunStepRead]
    """The outputs of other steps that it read."""
    lost: list[str]
    """Inputs that nothing in the execution answers to any more."""
    made: list[RunStepMade]
    """Its outputs."""
    models: list[RunStepModels]
    """Versions registered from its files, by the names of today."""


class WhyComparedWith(TypedDict):
    execution: str
    number: int


class Why(TypedDict):
    execution: str
    number: int
    step: str
    state: StepState
    compared_with: NotRequired[WhyComparedWith]
    reasons: list[Reason]
    parts: NotRequired[Any]
    """Everything the key is made of."""


class CheckFileAnswer(TypedDict):
    problems: list[Problem]


class DeleteExecutionAnswer(TypedDict):
    deleted: str
    """Its name in the ledger."""


class FindMissingCodeAnswer(TypedDict):
    missing: list[str]


class UploadCodeAnswer(TypedDict):
    blobs: int
    bytes: int


class PipelinesApi:
    """Executions of treadle.yaml, their steps, logs and outputs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cancel_execution(
        self,
        execution: str,
    ) -> Execution:
        """Cancel an execution; the processes of its steps are ended.

        POST /api/v1/executions/:execution/cancel; needs pipeline:write.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/executions/{segment('execution', execution)}/cancel",
        )

    def check_file(
        self,
        *,
        file: str,
    ) -> CheckFileAnswer:
        """Check a pipeline file.

        POST /api/v1/pipelines/check; needs pipeline:read.
        """
        return self._transport.json(
            'POST',
            '/api/v1/pipelines/check',
            json=given({'file': file}),
        )

    def create_execution(
        self,
        *,
        file: str,
        code: list[CodeFile],
        file_name: str | None = None,
        git: GitState | None = None,
        params: dict[str, str | float | bool] | None = None,
        data: dict[str, str] | None = None,
        steps: list[str] | None = None,
        force: bool | None = None,
        ci: Check | None = None,
    ) -> ExecutionDetail:
        """Run a pipeline.

        POST /api/v1/executions; needs pipeline:write.

        Args:
            file: The text of treadle.yaml.
            code: The project as it is now; upload the blobs first.
            file_name: Its path in the project; treadle.yaml unless said.
            params: Values that replace those of the file.
            data: Dataset references that replace those of the file.
            steps: Only these and what they need.
            force: Run every step, whatever is cached.
            ci: A check of a commit: everything runs and the gate judges, and nothing is promoted or
                deployed, no loop is changed, and no loop takes it for its project.
        """
        return self._transport.json(
            'POST',
            '/api/v1/executions',
            json=given({
                'file': file,
                'file_name': file_name,
                'code': code,
                'git': git,
                'params': params,
                'data': data,
                'steps': steps,
                'force': force,
                'ci': ci,
            }),
        )

    def delete_execution(
        self,
        execution: str,
        *,
        reason: str | None = None,
    ) -> DeleteExecutionAnswer:
        """Delete an execution that has ended, with its steps, logs and outputs.

        Its runs and models stay, and so does what other executions took from its cache. The next gc
        gives the space back.

        DELETE /api/v1/executions/:execution; needs pipeline:write.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/executions/{segment('execution', execution)}",
            query=given({'reason': reason}),
        )

    def download_output(
        self,
        execution: str,
        step: str,
        output: str,
        *,
        path: str | None = None,
    ) -> Download:
        """Download an output, or one file of a folder.

        GET /api/v1/executions/:execution/steps/:step/outputs/:output; needs pipeline:read.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
            path: Path inside the project, with `/`; no `.` or `..`.
        """
        return self._transport.download(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}/steps/{segment('step', step)}/outputs/{segment('output', output)}",
            query=given({'path': path}),
        )

    def explain_step(
        self,
        execution: str,
        step: str,
    ) -> Why:
        """Say why a step ran, or did not.

        GET /api/v1/executions/:execution/steps/:step/why; needs pipeline:read.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}/steps/{segment('step', step)}/why",
        )

    def find_missing_code(
        self,
        *,
        hashes: list[str],
    ) -> FindMissingCodeAnswer:
        """Say which code blobs must be uploaded before an execution.

        POST /api/v1/code/missing; needs pipeline:write.
        """
        return self._transport.json(
            'POST',
            '/api/v1/code/missing',
            json=given({'hashes': hashes}),
        )

    def follow_execution(
        self,
        execution: str,
        *,
        logs: bool | None = None,
    ) -> Events:
        """Follow an execution: its state and logs as they come.

        Events: `execution` (without steps), `step`, `log` {step, text}, and `end`. Begins with
        everything as it is now.

        GET /api/v1/executions/:execution/live; needs pipeline:read.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
            logs: Send logs too.
        """
        return self._transport.events(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}/live",
            query=given({'logs': logs}),
        )

    def get_execution(
        self,
        execution: str,
    ) -> ExecutionDetail:
        """Show an execution with its steps.

        GET /api/v1/executions/:execution; needs pipeline:read.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}",
        )

    def get_execution_file(
        self,
        execution: str,
    ) -> str:
        """Show the pipeline file that an execution ran.

        GET /api/v1/executions/:execution/file; needs pipeline:read.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
        """
        return self._transport.text(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}/file",
        )

    def get_file_schema(
        self,
    ) -> Any:
        """JSON Schema of treadle.yaml, for editors.

        GET /schema/treadle.json.
        """
        return self._transport.json(
            'GET',
            '/schema/treadle.json',
        )

    def get_run_step(
        self,
        run: str,
    ) -> RunStep:
        """Show what the step of a pipeline behind a run read and made.

        Of the run that holds those of an execution: what the execution as a whole read and made.

        GET /api/v1/runs/:run/step; needs pipeline:read.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/runs/{segment('run', run)}/step",
        )

    def list_executions(
        self,
        *,
        pipeline: str | None = None,
        number: int | None = None,
        run: str | None = None,
        branch: str | None = None,
        state: ExecutionState | None = None,
        page: str | None = None,
        limit: int | None = None,
    ) -> Page[Execution]:
        """List executions, newest first.

        GET /api/v1/executions; needs pipeline:read.

        Args:
            run: The one that made this run.
            branch: Those of commits of this branch.
            state: rejected: every step went well, and the gate did not let the model pass; it is
                registered, and was neither made champion nor deployed.
        """
        return self._transport.page(
            'GET',
            '/api/v1/executions',
            query=given({
                'pipeline': pipeline,
                'number': number,
                'run': run,
                'branch': branch,
                'state': state,
                'page': page,
                'limit': limit,
            }),
        )

    def list_pipelines(
        self,
        *,
        page: str | None = None,
        limit: int | None = None,
    ) -> Page[Pipeline]:
        """List pipelines with their latest executions.

        GET /api/v1/pipelines; needs pipeline:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/pipelines',
            query=given({'page': page, 'limit': limit}),
        )

    def plan_execution(
        self,
        *,
        file: str,
        code: list[CodeFile],
        file_name: str | None = None,
        git: GitState | None = None,
        params: dict[str, str | float | bool] | None = None,
        data: dict[str, str] | None = None,
        steps: list[str] | None = None,
        force: bool | None = None,
        ci: Check | None = None,
    ) -> Plan:
        """Say which steps would run, and why, without running any.

        POST /api/v1/executions/plan; needs pipeline:write.

        Args:
            file: The text of treadle.yaml.
            code: The project as it is now; upload the blobs first.
            file_name: Its path in the project; treadle.yaml unless said.
            params: Values that replace those of the file.
            data: Dataset references that replace those of the file.
            steps: Only these and what they need.
            force: Run every step, whatever is cached.
            ci: A check of a commit: everything runs and the gate judges, and nothing is promoted or
                deployed, no loop is changed, and no loop takes it for its project.
        """
        return self._transport.json(
            'POST',
            '/api/v1/executions/plan',
            json=given({
                'file': file,
                'file_name': file_name,
                'code': code,
                'git': git,
                'params': params,
                'data': data,
                'steps': steps,
                'force': force,
                'ci': ci,
            }),
        )

    def read_step_log(
        self,
        execution: str,
        step: str,
        *,
        offset: int | None = None,
        limit: int | None = None,
    ) -> LogPart:
        """Read the log of a step from an offset.

        GET /api/v1/executions/:execution/steps/:step/log; needs pipeline:read.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
            offset: Bytes.
            limit: Bytes; 256 KiB unless said.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}/steps/{segment('step', step)}/log",
            query=given({'offset': offset, 'limit': limit}),
        )

    def reproduce_run(
        self,
        run: str,
        *,
        tolerance: float | None = None,
        environment: str | None = None,
    ) -> ExecutionDetail:
        """Repeat a run from what was captured of it, without the cache, and compare.

        POST /api/v1/runs/:run/reproduce; needs pipeline:write.

        Args:
            tolerance: Relative difference of metrics that still counts as equal; 1e-6 unless said.
            environment: Text of another requirements file, to see what it changes.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/runs/{segment('run', run)}/reproduce",
            json=given({'tolerance': tolerance, 'environment': environment}),
        )

    def rerun_execution(
        self,
        execution: str,
        *,
        force: bool | None = None,
    ) -> ExecutionDetail:
        """Run again with the same file, code, parameters and data versions.

        POST /api/v1/executions/:execution/rerun; needs pipeline:write.

        Args:
            execution: Id of an execution, 32 hex digits; treadle executions --json shows them.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/executions/{segment('execution', execution)}/rerun",
            json=given({'force': force}),
        )

    def upload_code(
        self,
        body: Body,
    ) -> UploadCodeAnswer:
        """Upload code blobs.

        The body is a sequence of frames: hash (32 bytes), size (8 bytes, unsigned, little-endian),
        then that many bytes. All of them are kept, or none.

        POST /api/v1/code/blobs; needs pipeline:write.
        """
        return self._transport.json(
            'POST',
            '/api/v1/code/blobs',
            body=body,
        )
