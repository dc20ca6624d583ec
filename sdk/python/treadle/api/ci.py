# Generated from src/ci/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""What an execution says of its commit, beside the base branch."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Transport, given, segment
from .pipelines import Outcome, ProposedData, Reason, RegisteredVersion, StepState
from .validation import Verdict


CiVerdict = Literal['pass', 'fail', 'undecided']
"""undecided: nobody could judge, so that this commit is neither good nor bad."""


class CiReportBase(TypedDict):
    branch: str
    """The branch; `last run` where a change to data or a model is checked and its project is of no
    branch.
    """
    execution: NotRequired[str]
    """Absent: none went through there yet."""
    number: NotRequired[int]
    commit: NotRequired[str]
    model: NotRequired[str]
    """`flights@v3`"""
    same_model: bool
    """The model is that of the base: nothing it is made of changed."""
    same_rows: bool
    """Both were judged on the same rows."""


class CiReportModel(TypedDict):
    name: str
    version: str


class MetricChangeNow(TypedDict):
    value: float
    low: NotRequired[float]
    """Lower end of the 95 % interval."""
    high: NotRequired[float]
    n: NotRequired[int]
    """Rows it was computed from."""


class MetricChangeBase(TypedDict):
    value: float
    low: NotRequired[float]
    """Lower end of the 95 % interval."""
    high: NotRequired[float]
    n: NotRequired[int]
    """Rows it was computed from."""


class MetricChangeDifference(TypedDict):
    """Now less base, with its 95 % interval where one is known."""
    value: float
    low: NotRequired[float]
    high: NotRequired[float]


class MetricChange(TypedDict):
    name: str
    better: NotRequired[Literal['higher', 'lower']]
    now: MetricChangeNow
    base: NotRequired[MetricChangeBase]
    difference: NotRequired[MetricChangeDifference]
    """Now less base, with its 95 % interval where one is known."""
    paired: bool
    """The interval of the difference is that of both models on the same rows."""
    says: Literal['better', 'worse', 'open', 'same', 'alone']
    """better, worse: past chance; open: the intervals allow both; same: the figures are equal; alone:
    there is nothing to compare with.
    """


class SliceChangeNow(TypedDict):
    value: float
    low: NotRequired[float]
    """Lower end of the 95 % interval."""
    high: NotRequired[float]
    n: NotRequired[int]
    """Rows it was computed from."""


class SliceChangeBase(TypedDict):
    value: float
    low: NotRequired[float]
    """Lower end of the 95 % interval."""
    high: NotRequired[float]
    n: NotRequired[int]
    """Rows it was computed from."""


class SliceChange(TypedDict):
    where: str
    """`origin = ATL`"""
    rows: int
    metric: str
    now: SliceChangeNow
    base: NotRequired[SliceChangeBase]
    worse: bool
    """Worse than on the base branch, past both intervals."""
    weak: bool
    """Worse than the other values of its column, past chance."""


class CiReportRules(TypedDict):
    rule: str
    verdict: Verdict
    reason: str
    always: NotRequired[Literal[True]]


class CiReportProof(TypedDict):
    verdict: Verdict
    summary: str
    warnings: list[str]
    leaks: list[str]
    """Rows and files of the gate’s data that training read: the first ten."""


class DataChangeFiles(TypedDict):
    added: int
    removed: int
    modified: int
    renamed: int


class DataChangeSample(TypedDict):
    """Only a part of that version was read."""
    of: str
    """`flights@v3`"""
    unit: str
    kept: int
    total: int


class DataChange(TypedDict):
    name: str
    """Its name in the file."""
    dataset: str
    version: str
    before: NotRequired[str]
    """The version that the base read."""
    files: NotRequired[DataChangeFiles]
    rows: NotRequired[int]
    """Rows of its tables, once they are counted."""
    rows_before: NotRequired[int]
    sample: NotRequired[DataChangeSample]
    """Only a part of that version was read."""
    text: str
    """One sentence for people."""


class CiReportSteps(TypedDict):
    name: str
    state: StepState
    needs: list[str]
    ms: NotRequired[float]
    """Wall time; none of a step from the cache."""
    base_ms: NotRequired[float]
    """Of its run on the base branch."""
    outcome: NotRequired[Outcome]
    reasons: list[Reason]


class CiReportCalibration(TypedDict):
    predicted: float
    observed: float
    rows: int


class CiReportLinks(TypedDict):
    execution: str
    evaluation: NotRequired[str]
    base: NotRequired[str]


class CiReport(TypedDict):
    """What an execution says of its commit, beside the base branch."""
    verdict: CiVerdict
    exit_code: int
    """0 pass, 1 fail, 2 undecided."""
    summary: str
    """One sentence for people."""
    reasons: list[str]
    """Why not pass."""
    execution: str
    pipeline: str
    number: int
    commit: NotRequired[str]
    dirty: NotRequired[Literal[True]]
    """Files differed from the commit."""
    sample: NotRequired[str]
    """The share of the data that it ran on: `5%`."""
    branch: NotRequired[str]
    pull_request: NotRequired[int]
    change: NotRequired[ProposedData | RegisteredVersion]
    """The change to data or to a model that is checked, where it is no commit."""
    base: NotRequired[CiReportBase]
    model: NotRequired[CiReportModel]
    judged_on: NotRequired[str]
    """What the gate judged on."""
    rows: NotRequired[int]
    metrics: list[MetricChange]
    slices: list[SliceChange]
    """Those that got worse, or are weak."""
    rules: list[CiReportRules]
    proof: NotRequired[CiReportProof]
    data: list[DataChange]
    steps: list[CiReportSteps]
    calibration: NotRequired[list[CiReportCalibration]]
    warnings: list[str]
    links: CiReportLinks


class GetCiReportAnswer(TypedDict):
    report: CiReport
    markdown: str
    junit: str


class CiApi:
    """What an execution says of its commit, beside the base branch."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_ci_report(
        self,
        execution: str,
        *,
        base: str | None = None,
    ) -> GetCiReportAnswer:
        """Report on an execution that has ended, as a CI system needs it.

        Compared with the newest execution of the base branch that went through: JSON, the same as
        Markdown, and as JUnit XML.

        GET /api/v1/executions/:execution/report; needs pipeline:read.

        Args:
            execution: Id of an execution.
            base: The branch that it is compared with; the one that the execution was begun with
                unless said.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/executions/{segment('execution', execution)}/report",
            query=given({'base': base}),
        )
