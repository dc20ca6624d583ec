# Generated from src/governance/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""The story of a prediction."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Transport, segment
from .serving import Revision, Variant


class PredictionLineageEndpoint(TypedDict):
    id: str
    name: str


class PredictionLineageModelVersion(TypedDict):
    ref: str
    model: str
    version: int
    digest: NotRequired[str]
    """Over all its files."""
    created_at: int
    """When it was registered. Milliseconds since 1970, UTC."""
    created_by: str


class PredictionLineageRun(TypedDict):
    id: str
    name: str
    experiment_id: str
    status: str
    params: dict[str, str]
    metrics: dict[str, Any]
    user: NotRequired[str]


class PredictionLineageCode(TypedDict):
    commit: NotRequired[str]
    """Git commit."""
    dirty: NotRequired[bool]
    """Whether files differed from that commit."""
    repository: NotRequired[str]
    digest: NotRequired[str]
    """Of the code that the step saw, where a pipeline ran it."""
    command: NotRequired[str]
    execution: NotRequired[str]


class PredictionLineageDatasets(TypedDict):
    ref: str
    """`dataset_version:<id>`."""
    name: NotRequired[str]
    version: NotRequired[str]
    """`v3`."""
    hash: NotRequired[str]
    read_by: str
    """The node of the lineage that read it: `run:…`."""


class PredictionLineageEvaluationSince(TypedDict):
    """The newest evaluation of the version, where that is another one by now."""
    id: str
    verdict: str
    at: int
    """When. Milliseconds since 1970, UTC."""


class PredictionLineageEvaluation(TypedDict):
    id: str
    verdict: str
    at: int
    """When. Milliseconds since 1970, UTC."""
    metrics: dict[str, float]
    when: Literal['before deployment', 'after deployment']
    since: NotRequired[PredictionLineageEvaluationSince]
    """The newest evaluation of the version, where that is another one by now."""


class PredictionLineageProofExcused(TypedDict):
    label: str
    reason: str


class PredictionLineageProof(TypedDict):
    id: str
    verdict: str
    summary: str
    """What was compared, and what was found."""
    excused: list[PredictionLineageProofExcused]
    """What its lineage read and the gate let pass uncompared, with the reason given."""
    warnings: list[str]
    gate_rows: int
    training_rows: int
    overlapping_rows: int
    gate_digest: str
    training_digest: str


PredictionLineageEdges = TypedDict(
    'PredictionLineageEdges',
    {
        'from': str,
        'to': str,
        'relation': str,
        'seq': int,
    },
)


class PredictionLineage(TypedDict):
    prediction: str
    at: int
    """When it was answered. Milliseconds since 1970, UTC."""
    endpoint: PredictionLineageEndpoint
    revision: Revision
    variant: Variant
    model_version: PredictionLineageModelVersion
    run: NotRequired[PredictionLineageRun]
    code: NotRequired[PredictionLineageCode]
    datasets: list[PredictionLineageDatasets]
    """Every dataset version that its lineage read."""
    evaluation: NotRequired[PredictionLineageEvaluation]
    proof: NotRequired[PredictionLineageProof]
    edges: list[PredictionLineageEdges]
    """The ledger’s arrows that prove it; `seq` names the entry."""
    gaps: list[str]
    """What is not known, and why."""


class GovernanceApi:
    """The story of a prediction."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_prediction_lineage(
        self,
        prediction: str,
    ) -> PredictionLineage:
        """Say where a prediction came from: revision, model version, run, code, data, evaluation and
        proof.

        GET /api/v1/predictions/:prediction/lineage; needs endpoint:read.

        Args:
            prediction: The id that came with the answer.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/predictions/{segment('prediction', prediction)}/lineage",
        )
