# Generated from src/releases/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""From a version to a live endpoint: judge, promote, deploy."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment
from .validation import Excuse, Task
from .pipelines import DeployResult, GateResult, RolloutWish


Decision = Literal['promote', 'hold', 'resume', 'rollback']
"""promote: it gets all requests now; hold: it stays where it is; resume: it goes on by evidence;
rollback: what answered before answers all again.
"""


class NewReleaseGate(TypedDict):
    """What judges it; passing moves the alias `champion`. Without it nothing is judged."""
    data: str
    """A dataset ref with a file of it where it has several: `flights@v4:holdout.parquet`."""
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


class NewReleaseDeploy(TypedDict):
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    sticky: NotRequired[bool]
    rollout: NotRequired[RolloutWish]
    expects: NotRequired[int]
    """The revision that it is meant to replace, 0 for none; what answers when it is asked for, unless
    said.
    """
    replace: NotRequired[str]
    """The other model, with other inputs, that the endpoint is meant to be taken from."""


class NewRelease(TypedDict):
    model: str
    """Name of a registered model."""
    version: str
    """`3`, `v3`, `latest` or `@alias`."""
    gate: NotRequired[NewReleaseGate]
    """What judges it; passing moves the alias `champion`. Without it nothing is judged."""
    deploy: NotRequired[NewReleaseDeploy]


ReleaseState = Literal['requested', 'judging', 'judged', 'awaiting_approval', 'awaiting_time', 'promoted', 'deploying', 'rolling_out', 'succeeded', 'rolled_back', 'rejected', 'held', 'failed', 'cancelled']
"""requested; judging: the gate scores it; judged: there is a verdict; awaiting_approval: what it would
move is guarded by a policy, and people are asked; awaiting_time: the environment of its endpoint
lets it in later, and it goes on by itself then; promoted: it passed, and the alias champion names
it; deploying; rolling_out: it answers a part of the requests, and goes on by evidence; succeeded:
all that was asked for is done; rolled_back: what answered before answers all again; rejected: the
gate did not let it pass; held: a person decides: it had been taken away from the endpoint, which
ended it, or its rollout (which has no end yet) has not enough evidence; failed; cancelled.
"""


class ReleaseExecution(TypedDict):
    id: str
    pipeline: str
    number: int


class RolloutStages(TypedDict):
    role: Literal['shadow', 'canary', 'primary']
    percent: float
    """Of the requests; of a shadow 100, as copies."""
    copies: NotRequired[int]
    """Of a shadow: so many, and the step is done."""


class RolloutSeen(TypedDict):
    """Over all steps."""
    requests: int
    """Requests of the endpoint."""
    trial: int
    """Those of them that the version on trial answered, or copies of them."""


class RolloutStepSeen(TypedDict):
    """In this step."""
    requests: int
    """Requests of the endpoint."""
    trial: int
    """Those of them that the version on trial answered, or copies of them."""


class RolloutEvidenceProof(TypedDict):
    """Evidence that it is good enough, in multiples of what a promotion needs; 1 is enough."""
    errors: NotRequired[float]
    latency: NotRequired[float]
    loss: NotRequired[float]


class RolloutEvidencePrimary(TypedDict):
    answers: int
    errors: int
    """Answered 4xx or 5xx, or refused."""
    losses: int
    """Outcomes that are known."""
    loss: NotRequired[float]
    """Their mean loss."""


class RolloutEvidenceTrial(TypedDict):
    answers: int
    errors: int
    """Answered 4xx or 5xx, or refused."""
    losses: int
    """Outcomes that are known."""
    loss: NotRequired[float]
    """Their mean loss."""


class RolloutEvidence(TypedDict):
    harm: float
    """Evidence that it is worse, in multiples of what a rollback needs."""
    proof: RolloutEvidenceProof
    """Evidence that it is good enough, in multiples of what a promotion needs; 1 is enough."""
    words: str
    """What it says, in a sentence."""
    primary: RolloutEvidencePrimary
    trial: RolloutEvidenceTrial


class RolloutHeld(TypedDict):
    """A person decides: promote, resume or roll back."""
    why: str
    since: int
    """Since when. Milliseconds since 1970, UTC."""
    by: NotRequired[str]


class Rollout(TypedDict):
    """How far a rollout has come, and on which evidence."""
    stages: list[RolloutStages]
    """Its steps in their order; the last is all requests."""
    stage: int
    """The step that it is at, from 0."""
    phase: Literal['preparing', 'watching', 'back']
    """preparing: the revision of the step is being made ready; watching: it answers, and evidence is
    taken; back: it is, or was, rolled back.
    """
    percent: float
    """Of the requests that it gets now."""
    base: int
    """The revision that answered before."""
    revision: int
    """The newest revision of it."""
    since: int
    """Since when this step goes on. Milliseconds since 1970, UTC."""
    every_s: float
    """Least time of a step, s."""
    within_s: float
    """Time in which the evidence of a step must be enough, s."""
    requests: NotRequired[int]
    """Requests in which it must be."""
    undecided: Literal['hold', 'promote', 'rollback']
    losses: Literal['watch', 'require']
    seen: RolloutSeen
    """Over all steps."""
    step_seen: RolloutStepSeen
    """In this step."""
    evidence: RolloutEvidence
    held: NotRequired[RolloutHeld]
    """A person decides: promote, resume or roll back."""


class Release(TypedDict):
    """A model version on its way to its users: judged, promoted, deployed."""
    ref: str
    """Its name in the ledger: `release:<id>`."""
    id: str
    """Id of a release, 32 hex digits."""
    model: str
    """Name of a registered model."""
    version: int
    version_ref: str
    state: ReleaseState
    asked_by: Literal['pipeline', 'hand']
    """pipeline: `gate:` and `deploy:` of its file."""
    execution: NotRequired[ReleaseExecution]
    endpoint: NotRequired[str]
    """Where it shall answer."""
    expects: NotRequired[int]
    """The revision of the endpoint that it is meant to replace; 0: none answered."""
    gate: NotRequired[GateResult]
    deployment: NotRequired[DeployResult]
    rollout: NotRequired[Rollout]
    reason: NotRequired[str]
    """Why it ended as it did."""
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When it last came to another state. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


class Transition(TypedDict):
    state: ReleaseState
    at: int
    """When it came to this. Milliseconds since 1970, UTC."""
    note: NotRequired[str]
    """What was done, or why, in a sentence."""


class ReleaseDetailEvidenceProof(TypedDict):
    """Evidence that it is good enough, in multiples of what a promotion needs; 1 is enough."""
    errors: NotRequired[float]
    latency: NotRequired[float]
    loss: NotRequired[float]


class ReleaseDetailEvidence(TypedDict):
    at: int
    """When. Milliseconds since 1970, UTC."""
    stage: int
    requests: int
    """Requests of the endpoint."""
    trial: int
    """Those of them that the version on trial answered, or copies of them."""
    harm: float
    """Evidence that it is worse, in multiples of what a rollback needs."""
    proof: ReleaseDetailEvidenceProof
    """Evidence that it is good enough, in multiples of what a promotion needs; 1 is enough."""


class ReleaseDetail(Release):
    transitions: list[Transition]
    """In their order, from the request on."""
    evidence: NotRequired[list[ReleaseDetailEvidence]]
    """Of a rollout: its evidence over time, oldest first; some hundred at most."""


class CreateReleaseGate(TypedDict):
    """What judges it; passing moves the alias `champion`. Without it nothing is judged."""
    data: str
    """A dataset ref with a file of it where it has several: `flights@v4:holdout.parquet`."""
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


class CreateReleaseDeploy(TypedDict):
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """
    sticky: NotRequired[bool]
    rollout: NotRequired[RolloutWish]
    expects: NotRequired[int]
    """The revision that it is meant to replace, 0 for none; what answers when it is asked for, unless
    said.
    """
    replace: NotRequired[str]
    """The other model, with other inputs, that the endpoint is meant to be taken from."""


class ReleasesApi:
    """From a version to a live endpoint: judge, promote, deploy."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cancel_release(
        self,
        release: str,
    ) -> ReleaseDetail:
        """Cancel a release; what is done by then stays done.

        POST /api/v1/releases/:release/cancel; needs release:write.

        Args:
            release: Id of a release, 32 hex digits.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/releases/{segment('release', release)}/cancel",
        )

    def create_release(
        self,
        *,
        model: str,
        version: str,
        gate: CreateReleaseGate | None = None,
        deploy: CreateReleaseDeploy | None = None,
    ) -> ReleaseDetail:
        """Release a model version: judge it, make it champion, deploy it.

        Answers at once; the work is a job. At least one of `gate` and `deploy` is asked for.

        POST /api/v1/releases; needs release:write.

        Args:
            model: Name of a registered model.
            version: `3`, `v3`, `latest` or `@alias`.
            gate: What judges it; passing moves the alias `champion`. Without it nothing is judged.
        """
        return self._transport.json(
            'POST',
            '/api/v1/releases',
            json=given({'model': model, 'version': version, 'gate': gate, 'deploy': deploy}),
        )

    def decide_release(
        self,
        release: str,
        *,
        decision: Decision,
        reason: str,
    ) -> ReleaseDetail:
        """Decide about a rollout under way: promote, hold, resume or roll back.

        POST /api/v1/releases/:release/decide; needs release:write.

        Args:
            release: Id of a release, 32 hex digits.
            decision: promote: it gets all requests now; hold: it stays where it is; resume: it goes
                on by evidence; rollback: what answered before answers all again.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/releases/{segment('release', release)}/decide",
            json=given({'decision': decision, 'reason': reason}),
        )

    def get_release(
        self,
        release: str,
    ) -> ReleaseDetail:
        """Show a release with each step of its way.

        GET /api/v1/releases/:release; needs release:read.

        Args:
            release: Id of a release, 32 hex digits.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/releases/{segment('release', release)}",
        )

    def list_releases(
        self,
        *,
        model: str | None = None,
        endpoint: str | None = None,
        execution: str | None = None,
        state: ReleaseState | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Release]:
        """List releases, newest first.

        GET /api/v1/releases; needs release:read.

        Args:
            model: Name of a registered model.
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            state: requested; judging: the gate scores it; judged: there is a verdict;
                awaiting_approval: what it would move is guarded by a policy, and people are asked;
                awaiting_time: the environment of its endpoint lets it in later, and it goes on by
                itself then; promoted: it passed, and the alias champion names it; deploying;
                rolling_out: it answers a part of the requests, and goes on by evidence; succeeded:
                all that was asked for is done; rolled_back: what answered before answers all again;
                rejected: the gate did not let it pass; held: a person decides: it had been taken
                away from the endpoint, which ended it, or its rollout (which has no end yet) has
                not enough evidence; failed; cancelled.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/releases',
            query=given({
                'model': model,
                'endpoint': endpoint,
                'execution': execution,
                'state': state,
                'limit': limit,
                'page': page,
            }),
        )
