# Generated from src/validation/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Evaluations, gates, proofs of disjointness."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


class CalibrationBin(TypedDict):
    low: float
    high: float
    rows: int
    predicted: float
    """Mean prediction."""
    observed: float
    """Share that came true."""


class CoverageOtherwise(TypedDict):
    column: str
    reason: str


class CoverageNear(TypedDict):
    """Absent where it was not looked for: too few columns, or more than 60."""
    rows: int
    """Rows of the gate’s data that nearly equal one: but for noise, scale, case, white space, or one
    column.
    """
    expected: float
    """Of these, as many are explained by chance."""
    gate_rows: int
    """Rows of the gate’s data that were looked at."""
    training_rows: int
    """Rows of it that were looked at, from its first on."""
    rescaled: list[str]
    """Columns that were compared by their own mean and deviation."""


class Coverage(TypedDict):
    source: str
    """`ref` of the source."""
    label: str
    """For people: `flights@v3`."""
    files: list[str]
    """The first 20 of them; none where it is no file."""
    file_count: int
    by: Literal['rows', 'digest', 'pixels', 'origin', 'aside', 'excused', 'nothing']
    """rows: row by row. digest: file by file, by their bytes. pixels: image by image, by their bytes
    and by what they are decoded to. origin: by the rows of what it was made from. aside: it holds
    no rows of this kind. excused: not compared, for a reason that the gate gives. nothing: not
    compared.
    """
    reason: NotRequired[str]
    """Why it stands aside or was not compared."""
    excuse: NotRequired[str]
    """The reason that the gate gives."""
    rows: NotRequired[int]
    columns: NotRequired[list[str]]
    """The columns that the comparison rests on."""
    otherwise: NotRequired[list[CoverageOtherwise]]
    """Columns of both sides that hold values in another form, and so were left out."""
    found: NotRequired[int]
    """Rows of the gate’s data, or files, found in it."""
    expected: NotRequired[float]
    """Rows that equal one by chance alone, as often as rows repeat: nothing where a key is declared."""
    near: NotRequired[CoverageNear]
    """Absent where it was not looked for: too few columns, or more than 60."""
    decides: NotRequired[bool]
    """Whether the columns tell rows apart well enough to decide."""


class Dependence(TypedDict):
    kind: Literal['group', 'time']
    columns: list[str]
    """What names the entity, or orders the rows."""
    declared: bool
    """The gate names it; else it was found, and is a warning to declare it."""
    units: int
    """Entities, or moments."""
    design_effect: float
    """How many times the variance is that of independent rows, where it is largest."""
    figure: NotRequired[str]
    """Where it is largest: `auc`, `mae - champion.mae`."""
    summary: str
    """One sentence for people."""


EvaluationState = Literal['queued', 'running', 'done', 'failed']


Task = Literal['binary', 'multiclass', 'regression']


class Excuse(TypedDict):
    path: str
    """A file that training read, or a pattern: `*.txt` in any folder, `docs/**`,
    `flights@v3:notes.txt`; of what is no file, its name in the proof.
    """
    reason: str
    """Why it holds no row that is judged."""


class EvaluationSpec(TypedDict):
    label: str
    """Name of a column."""
    task: NotRequired[Task]
    prediction: NotRequired[str]
    """The output that is scored, where the model has several."""
    positive: NotRequired[str]
    """The label’s value that counts as 1; 1 or true unless said."""
    rules: NotRequired[list[str]]
    """Such as `auc >= 0.60`, `auc >= champion.auc - 0.005`, `slice(origin).auc >=
    champion.slice(origin).auc - 0.02`, `p95_latency_ms < 20`. Unless said: not worse than the
    champion by more than 0.005 of the main metric, or 1 % of one without bounds.
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


Verdict = Literal['pass', 'fail', 'inconclusive']
"""inconclusive: what is known decides neither way; the reasons say what is missing."""


class MetricValue(TypedDict):
    name: str
    value: float
    low: NotRequired[float]
    """Lower end of the 95 % interval."""
    high: NotRequired[float]
    n: int
    """Rows it was computed from."""
    method: NotRequired[str]
    """How the interval was made: DeLong, Wilson, bootstrap …"""


class EvaluationChampion(TypedDict):
    version: int
    version_ref: str
    metrics: list[MetricValue]


class EvaluationBaseline(TypedDict):
    kind: str
    """Such as `always the share of the label`."""
    metrics: list[MetricValue]


class RuleResultDifference(TypedDict):
    """Left minus right with its 95 % interval, paired on the same rows where both are models."""
    value: float
    low: float
    high: float


class SliceResultDifference(TypedDict):
    value: float
    low: float
    high: float


class SliceResult(TypedDict):
    value: str
    """Of the column that the rule goes through."""
    rows: int
    verdict: Verdict
    left: NotRequired[float]
    right: NotRequired[float]
    difference: NotRequired[SliceResultDifference]
    required_rows: NotRequired[int]
    """Rows of the slice that it would take, with the correction for their number."""


class RuleResult(TypedDict):
    rule: str
    """As written."""
    verdict: Verdict
    left: NotRequired[float]
    right: NotRequired[float]
    difference: NotRequired[RuleResultDifference]
    """Left minus right with its 95 % interval, paired on the same rows where both are models."""
    rows: int
    """Rows it was decided on."""
    required_rows: NotRequired[int]
    """Rows it would take to decide at 95 % confidence and 80 % power; of a rule with a margin, to show
    it of a candidate that is as good as the champion.
    """
    margin: NotRequired[float]
    """Of a rule that asks for no more than not to be worse than the champion: by how much it may be,
    in units of the metric.
    """
    reason: str
    """One sentence for people."""
    always: NotRequired[Literal[True]]
    """Nobody wrote it: every model is asked whether it beats the baseline, and whether it answers row
    by row as in a batch.
    """
    by_default: NotRequired[Literal[True]]
    """Asked because the gate names no rules: not to be worse than the champion by more than a margin."""
    slices: NotRequired[list[SliceResult]]
    """Of a rule about each value of a column: every slice by itself, with Holm’s correction for their
    number.
    """


class Slice(TypedDict):
    where: str
    """`origin = ATL`"""
    column: str
    value: str
    rows: int
    metrics: list[MetricValue]
    worse: bool
    """Its main metric is worse than that of the column’s other values, past chance, after correction
    for the number of slices.
    """


class EvaluationCalibration(TypedDict):
    error: float
    """Expected calibration error."""
    bins: list[CalibrationBin]


class ProofIdentity(TypedDict):
    kind: Literal['key', 'row']
    columns: list[str]
    """What makes a row the same row."""
    distinct_share: float
    """Distinct identities per row of the gate’s data, 0–1."""
    weak: bool
    """Too many rows repeat by nature for it to decide."""


class Source(TypedDict):
    ref: str
    """Its name in the ledger: `dataset_version:<id>`, or `blob:<digest>` of a step’s output."""
    label: str
    """For people: `flights@v3`, `execution 12, prep.holdout`."""
    files: list[str]
    """The table files read."""
    rows: int
    columns: list[str]
    digest: str
    """Over the canonical rows in any order: equal exactly when both hold the same rows as often."""
    read_by: NotRequired[str]
    """The run that read it: `run:…`, or `model_version:…` of an ancestor."""


class ProofOverlaps(TypedDict):
    source: str
    """`ref` of the source that holds it."""
    gate_row: int
    """Position in the gate’s data, from 0."""
    values: dict[str, Any]


class ProofOrder(TypedDict):
    column: str
    training_last: NotRequired[str]
    gate_first: NotRequired[str]
    holds: bool
    """Every row of the gate is later than every row that training read."""
    early_rows: int
    """Rows of the gate that are not."""


class ProofUnread(TypedDict):
    ref: str
    label: str
    reason: str


class ProofSameFiles(TypedDict):
    source: str
    """`ref` of the source that holds it."""
    label: str
    """For people: `flights@v3`."""
    by: Literal['digest', 'pixels']
    """digest: byte for byte. pixels: an image of other bytes and the same pixels."""
    gate_file: str
    """Its path in the gate’s data."""
    training_file: str
    """The path of the same file in what training read."""
    gate_row: NotRequired[int]
    """The first row that names it: position in the gate’s data, from 0."""


class ProofNear(TypedDict):
    source: str
    gate_row: int
    values: dict[str, Any]
    training: dict[str, Any]
    differ: list[str]
    """Columns in which the two differ."""


class Proof(TypedDict):
    """Whether rows that the model is judged on were read by anything in its lineage."""
    id: str
    """Id of an evaluation, 32 hex digits; treadle evaluate list shows them."""
    verdict: Verdict
    summary: str
    """One sentence for people."""
    identity: ProofIdentity
    gate: Source
    against: list[Source]
    """Everything that the model’s lineage read."""
    overlapping_rows: int
    """Rows of the gate’s data that training read."""
    overlaps: list[ProofOverlaps]
    """The first 100 of them."""
    order: NotRequired[ProofOrder]
    unread: list[ProofUnread]
    """What the lineage read, was not compared, and is not excused: no table, deleted, kept elsewhere.
    Any makes it inconclusive.
    """
    coverage: NotRequired[list[Coverage]]
    """Everything that the lineage read, and how it was compared; absent in older proofs."""
    same_files: NotRequired[list[ProofSameFiles]]
    """Files of the gate’s data that training read: the first 100."""
    near_rows: NotRequired[int]
    """Rows of the gate’s data that are nearly rows that training read. They fail it only where the
    gate says so.
    """
    near: NotRequired[list[ProofNear]]
    """The first 20 of each table, with the row of training."""
    warnings: NotRequired[list[str]]
    """What does not decide and should be known."""
    ms: float
    """How long it took."""
    created_at: int
    """When. Milliseconds since 1970, UTC."""


class EvaluationRuntimeLatencyMs(TypedDict):
    """One row a call, in the runtime that serves it."""
    p50: float
    p95: float
    p99: float
    calls: int


class EvaluationRuntime(TypedDict):
    platform: str
    latency_ms: EvaluationRuntimeLatencyMs
    """One row a call, in the runtime that serves it."""
    memory_bytes: NotRequired[int]
    size_bytes: int
    online_difference: NotRequired[float]
    """Largest difference between scores of one batch and those row by row, as an endpoint gives them."""


class Evaluation(TypedDict):
    """A model version scored by the platform itself on a dataset."""
    ref: str
    """Its name in the ledger: `evaluation:<id>`."""
    id: str
    """Id of an evaluation, 32 hex digits; treadle evaluate list shows them."""
    state: EvaluationState
    stage: NotRequired[str]
    """While running: what is going on now."""
    problem: NotRequired[str]
    """Why it failed, and what to do."""
    model: str
    """Name of a registered model."""
    version: int
    version_ref: str
    execution: NotRequired[str]
    """The pipeline execution that asked for it."""
    data: str
    """What it is scored on, for people."""
    data_ref: NotRequired[str]
    spec: EvaluationSpec
    verdict: NotRequired[Verdict]
    reasons: list[str]
    task: NotRequired[Task]
    rows: NotRequired[int]
    metrics: list[MetricValue]
    champion: NotRequired[EvaluationChampion]
    baseline: NotRequired[EvaluationBaseline]
    rules: list[RuleResult]
    dependence: NotRequired[list[Dependence]]
    """By which columns rows go together; every interval is widened by it."""
    slices: list[Slice]
    calibration: NotRequired[EvaluationCalibration]
    proof: NotRequired[Proof]
    runtime: NotRequired[EvaluationRuntime]
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: str
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


class EvaluationSummary(TypedDict):
    ref: str
    """Its name in the ledger: `evaluation:<id>`."""
    id: str
    """Id of an evaluation, 32 hex digits; treadle evaluate list shows them."""
    state: EvaluationState
    problem: NotRequired[str]
    """Why it failed, and what to do."""
    model: str
    """Name of a registered model."""
    version: int
    version_ref: str
    execution: NotRequired[str]
    """The pipeline execution that asked for it."""
    data: str
    """What it is scored on, for people."""
    verdict: NotRequired[Verdict]
    reasons: list[str]
    task: NotRequired[Task]
    rows: NotRequired[int]
    metrics: list[MetricValue]
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: str
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


class CheckRulesAnswerProblems(TypedDict):
    rule: int
    message: str
    at: NotRequired[int]
    hint: NotRequired[str]


class CheckRulesAnswer(TypedDict):
    problems: list[CheckRulesAnswerProblems]


class ValidationApi:
    """Evaluations, gates, proofs of disjointness."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def check_rules(
        self,
        *,
        rules: list[str],
    ) -> CheckRulesAnswer:
        """Check gate rules without running them.

        POST /api/v1/evaluations/check-rules; needs evaluation:read.
        """
        return self._transport.json(
            'POST',
            '/api/v1/evaluations/check-rules',
            json=given({'rules': rules}),
        )

    def create_evaluation(
        self,
        *,
        model: str,
        version: str,
        data: str,
        label: str,
        champion: str | None = None,
        task: Task | None = None,
        prediction: str | None = None,
        positive: str | None = None,
        rules: list[str] | None = None,
        key: list[str] | None = None,
        excuse: list[Excuse] | None = None,
        near: Literal['fail', 'report'] | None = None,
        group: list[str] | None = None,
        time: str | None = None,
        slices: list[str] | None = None,
        wait_s: int | None = None,
    ) -> Evaluation:
        """Score a model version on data and judge it by rules.

        Answers at once; the work is a job. `wait_s` waits for its end.

        POST /api/v1/evaluations; needs evaluation:write.

        Args:
            model: Name of a registered model.
            version: `3`, `v3`, `latest` or `@alias`.
            data: A dataset ref with a file of it where it has several: `flights@v4`,
                `flights@v4:holdout.parquet`.
            label: Name of a column.
            champion: The version to compare with; @champion unless said; none when there is none.
            prediction: The output that is scored, where the model has several.
            positive: The label’s value that counts as 1; 1 or true unless said.
            rules: Such as `auc >= 0.60`, `auc >= champion.auc - 0.005`, `slice(origin).auc >=
                champion.slice(origin).auc - 0.02`, `p95_latency_ms < 20`. Unless said: not worse
                than the champion by more than 0.005 of the main metric, or 1 % of one without
                bounds.
            key: What makes a row the same row; the whole row unless said.
            excuse: What cannot be compared and need not be, each with its reason, which the proof
                repeats.
            near: What rows do that nearly equal one that training read: but for noise, scale, case,
                white space, or one column. Reported unless said.
            group: What names the entity of a row: rows of one count together in every interval.
            time: A column by which every row must be later than all that training read; intervals
                count the correlation in its order.
            slices: Columns to score by value; found among those with few values unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/evaluations',
            json=given({
                'model': model,
                'version': version,
                'data': data,
                'champion': champion,
                'label': label,
                'task': task,
                'prediction': prediction,
                'positive': positive,
                'rules': rules,
                'key': key,
                'excuse': excuse,
                'near': near,
                'group': group,
                'time': time,
                'slices': slices,
                'wait_s': wait_s,
            }),
            wait=wait_s,
        )

    def get_evaluation(
        self,
        evaluation: str,
    ) -> Evaluation:
        """Show an evaluation with its rules, slices and proof.

        GET /api/v1/evaluations/:evaluation; needs evaluation:read.

        Args:
            evaluation: Id of an evaluation, 32 hex digits; treadle evaluate list shows them.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/evaluations/{segment('evaluation', evaluation)}",
        )

    def list_evaluations(
        self,
        *,
        model: str | None = None,
        version: int | None = None,
        execution: str | None = None,
        verdict: Verdict | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[EvaluationSummary]:
        """List evaluations, newest first.

        GET /api/v1/evaluations; needs evaluation:read.

        Args:
            model: Name of a registered model.
            verdict: inconclusive: what is known decides neither way; the reasons say what is
                missing.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/evaluations',
            query=given({
                'model': model,
                'version': version,
                'execution': execution,
                'verdict': verdict,
                'limit': limit,
                'page': page,
            }),
        )
