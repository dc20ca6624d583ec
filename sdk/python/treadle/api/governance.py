# Generated from src/governance/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Policies, approvals, and the story of a prediction."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment
from .serving import Revision, Variant


class AliasTarget(TypedDict):
    alias: str


Verdict = Literal['approve', 'reject', 'break_glass']
"""break_glass: an admin lets it through alone; somebody else reviews it afterwards."""


ApprovalDecision = TypedDict(
    'ApprovalDecision',
    {
        'verdict': Verdict,
        # Id of the person.
        'user': str,
        # As they were called then.
        'name': str,
        'why': str,
        # When. Milliseconds since 1970, UTC.
        'at': int,
        # What they decided about. SHA-256, hex.
        'digest': str,
        # Whether it counts now.
        'counts': bool,
        # Why it does not.
        'not': NotRequired[str],
    },
)


class StageTarget(TypedDict):
    stage: Literal['Staging', 'Production']
    """A stage of MLflow’s older way."""


class EndpointTarget(TypedDict):
    endpoint: str
    """Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and
    underscore; 100 characters at most.
    """


RequestState = Literal['open', 'approved', 'rejected', 'void', 'promoted', 'withdrawn']
"""open: people’s words, or checks, are missing; approved: the move may be made; rejected: somebody who
may approve refused; void: what was to be approved has changed since; promoted: the move was made;
withdrawn: it is not wanted any more.
"""


class ApprovalRequest(TypedDict):
    """That an alias, a stage or an endpoint may point at one version."""
    ref: str
    """Its name in the ledger: `request:<id>`."""
    id: str
    """Id of a request, 32 hex digits."""
    target: AliasTarget | StageTarget | EndpointTarget
    """What shall point at the version: an alias or a stage of its model, or an endpoint."""
    model: str
    version: int
    version_ref: str
    digest: str
    """Over all that is approved. SHA-256, hex."""
    state: RequestState
    says: str
    """Where it stands, in a sentence."""
    why: str
    """Why it is asked for."""
    broke_glass: bool
    requested_by: str
    requested_user: NotRequired[str]
    """Id of the person; absent where a program asked."""
    asked_by: NotRequired[str]
    """What asked, where it was no person: `release:<id>`."""
    created_at: int
    """When it was asked for. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it was promoted or withdrawn. Milliseconds since 1970, UTC."""


class ApprovedEvaluation(TypedDict):
    """The newest one."""
    ref: str
    digest: str
    """Over what it found. SHA-256, hex."""


class ApprovedPolicies(TypedDict):
    name: str
    revision: int
    digest: str


class Approved(TypedDict):
    """All that is approved, together. When any of it changes, nobody has approved it."""
    target: str
    """In the words of the ledger: `alias:model:flights/champion`, `endpoint:flights`."""
    version: str
    """`model_version:flights/3`."""
    content: str
    """Over the files of the version. SHA-256, hex."""
    evaluation: NotRequired[ApprovedEvaluation]
    """The newest one."""
    card: str
    """Over what people wrote of the version and its model. SHA-256, hex."""
    policies: list[ApprovedPolicies]


Check = Literal['gate', 'disjoint', 'card', 'scan']
"""gate: its newest evaluation passed; disjoint: that evaluation proved that no row which was judged on
was trained on; card: model and version are described; scan: none of its files is of a kind that
runs code when it is loaded (pickle and what stands on it), as its MLmodel file and the names of its
files tell.
"""


class CheckResult(TypedDict):
    check: Check
    holds: bool
    says: str
    """What was found, in a sentence."""
    wanted: bool
    """Whether a policy asks for it."""


class ApprovalRequestDetailNeeds(TypedDict):
    policy: str
    role: str
    count: int
    have: int
    """Different people with that role whose word counts now."""


class ApprovalRequestDetailNowVersions(TypedDict):
    model: str
    version: int
    ref: str


class ApprovalRequestDetailNow(TypedDict):
    """What it points at now."""
    versions: list[ApprovalRequestDetailNowVersions]


class ApprovalRequestDetailBeforeVersions(TypedDict):
    model: str
    version: int
    ref: str


class ApprovalRequestDetailBefore(TypedDict):
    """Of what was promoted: what it pointed at until then."""
    versions: list[ApprovalRequestDetailBeforeVersions]


class ApprovalRequestDetail(ApprovalRequest):
    approved: Approved
    authors: list[str]
    """Ids of the people who registered the version, or made its run: none of them may approve it."""
    checks: list[CheckResult]
    needs: list[ApprovalRequestDetailNeeds]
    decisions: list[ApprovalDecision]
    """In their order; the last word of a person counts."""
    now: NotRequired[ApprovalRequestDetailNow]
    """What it points at now."""
    before: NotRequired[ApprovalRequestDetailBefore]
    """Of what was promoted: what it pointed at until then."""
    changed: list[str]
    """What changed since it was asked for."""


class CountedMerges(TypedDict):
    """Merged changes of desired state that count as the word of who merged them, as the host itself
    tells.
    """
    host: str
    """A connection to a Git host."""
    people: dict[str, str]
    """Who they are here, by their account at the host: { "octo-ann": "ann" }."""


class GuardedAlias(TypedDict):
    alias: str
    """An alias of a model. `*` stands for any letters."""
    model: NotRequired[str]
    """Models; all unless said. `*` stands for any letters."""


class GuardedStage(TypedDict):
    stage: Literal['Staging', 'Production']
    """A stage of MLflow’s older way."""
    model: NotRequired[str]
    """Models; all unless said. `*` stands for any letters."""


class GuardedEndpoint(TypedDict):
    endpoint: str
    """An endpoint. `*` stands for any letters."""


class GuardedEnvironment(TypedDict):
    environment: str
    """An environment: every endpoint of it. `*` stands for any letters."""


class EnvironmentTarget(TypedDict):
    environment: str
    """An environment: the endpoint that the model has there, as it is called now."""


class PolicyTermsApprovers(TypedDict):
    role: str
    """A role that people have: approver, admin."""
    count: int
    """So many different people."""


class PolicyTerms(TypedDict):
    covers: list[GuardedAlias | GuardedStage | GuardedEndpoint | GuardedEnvironment]
    checks: list[Check]
    """What must hold before anybody’s word counts."""
    approvers: list[PolicyTermsApprovers]
    """Who must approve. Nobody counts twice."""
    expires_h: float
    """Hours for which somebody’s approval counts; 168 unless said."""
    going_back: bool
    """Whether what was there by an approval before may come back without a new one; true unless said."""
    break_glass: bool
    """Whether an admin may let something through alone, with a reason, an alert and a review
    afterwards; true unless said.
    """
    merges: NotRequired[list[CountedMerges]]
    """None unless said."""


class Policy(TypedDict):
    """What must be true before a guarded alias, stage or endpoint may point at a version."""
    name: str
    """Name of a policy: small letters, digits, dot, dash and underscore; 63 characters at most. Mostly
    that of the environment which it guards.
    """
    revision: int
    """A policy is never edited: each change is a revision of its own."""
    digest: str
    """Over name, revision and terms. SHA-256, hex."""
    terms: PolicyTerms
    created_at: int
    """When this revision was made. Milliseconds since 1970, UTC."""
    created_by: str
    ended_at: NotRequired[int]
    """Since when it holds no more. Milliseconds since 1970, UTC."""


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


class Review(TypedDict):
    """What was let through by one person alone, for another to look at afterwards."""
    request: str
    """Id of a request, 32 hex digits."""
    model: str
    version: int
    target: AliasTarget | StageTarget | EndpointTarget
    """What shall point at the version: an alias or a stage of its model, or an endpoint."""
    broken_by: str
    """Id of the person."""
    why: str
    state: Literal['not_moved', 'open', 'closed', 'not_used']
    """not_moved: the glass is broken, and the move not made yet; open: it was made, and nobody has
    looked at it; closed: somebody has; not_used: the glass expired, the request ended otherwise, or
    enough people approved it before the move.
    """
    opened_at: int
    """When the glass was broken. Milliseconds since 1970, UTC."""
    closed_at: NotRequired[int]
    """When it was reviewed. Milliseconds since 1970, UTC."""
    closed_by: NotRequired[str]
    """Id of the person."""
    finding: NotRequired[str]


class TermsApprovers(TypedDict):
    role: str
    """A role that people have: approver, admin."""
    count: int
    """So many different people."""


class Terms(TypedDict):
    covers: list[GuardedAlias | GuardedStage | GuardedEndpoint | GuardedEnvironment]
    checks: NotRequired[list[Check]]
    """What must hold before anybody’s word counts."""
    approvers: list[TermsApprovers]
    """Who must approve. Nobody counts twice."""
    expires_h: NotRequired[float]
    """Hours for which somebody’s approval counts; 168 unless said."""
    going_back: NotRequired[bool]
    """Whether what was there by an approval before may come back without a new one; true unless said."""
    break_glass: NotRequired[bool]
    """Whether an admin may let something through alone, with a reason, an alert and a review
    afterwards; true unless said.
    """
    merges: NotRequired[list[CountedMerges]]
    """None unless said."""


class SetPolicyApprovers(TypedDict):
    role: str
    """A role that people have: approver, admin."""
    count: int
    """So many different people."""


class GovernanceApi:
    """Policies, approvals, and the story of a prediction."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def close_review(
        self,
        request: str,
        *,
        finding: str,
    ) -> Review:
        """Say what came of the review of a broken glass.

        Once the move is made. Neither who asked for it, nor who made the version or its run, nor
        who broke the glass closes its review.

        POST /api/v1/reviews/:request/close; needs approval:approve.

        Args:
            request: Id of a request, 32 hex digits.
            finding: What was found; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/reviews/{segment('request', request)}/close",
            json=given({'finding': finding}),
        )

    def create_request(
        self,
        *,
        model: str,
        version: str,
        target: AliasTarget | StageTarget | EndpointTarget | EnvironmentTarget,
        why: str,
    ) -> ApprovalRequestDetail:
        """Ask that an alias, a stage or an endpoint may point at a version.

        POST /api/v1/requests; needs request:write.

        Args:
            version: `3`, `v3`, `latest` or `@alias`.
            target: What shall point at the version: an alias or a stage of its model, an endpoint,
                or its endpoint in an environment.
            why: Why; people read it before they decide.
        """
        return self._transport.json(
            'POST',
            '/api/v1/requests',
            json=given({'model': model, 'version': version, 'target': target, 'why': why}),
        )

    def decide_request(
        self,
        request: str,
        *,
        verdict: Verdict,
        digest: str,
        why: str,
    ) -> ApprovalRequestDetail:
        """Approve or reject what a request asks for, or break the glass.

        Only people decide: neither who asked, nor who made the version or its run; and no token of
        a service. Their word is about the digest that they saw.

        POST /api/v1/requests/:request/decisions; needs approval:approve.

        Args:
            request: Id of a request, 32 hex digits.
            verdict: break_glass: an admin lets it through alone; somebody else reviews it
                afterwards.
            digest: Digest of the request as it was looked at.
            why: Why; kept with the decision.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/requests/{segment('request', request)}/decisions",
            json=given({'verdict': verdict, 'digest': digest, 'why': why}),
        )

    def end_policy(
        self,
        policy: str,
        *,
        reason: str,
    ) -> Policy:
        """End a policy; its revisions stay.

        DELETE /api/v1/policies/:policy; needs policy:admin.

        Args:
            policy: Name of a policy: small letters, digits, dot, dash and underscore; 63 characters
                at most. Mostly that of the environment which it guards.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/policies/{segment('policy', policy)}",
            query=given({'reason': reason}),
        )

    def get_policy(
        self,
        policy: str,
    ) -> Page[Policy]:
        """Show all revisions of a policy, newest first.

        GET /api/v1/policies/:policy; needs policy:read.

        Args:
            policy: Name of a policy: small letters, digits, dot, dash and underscore; 63 characters
                at most. Mostly that of the environment which it guards.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/policies/{segment('policy', policy)}",
        )

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

    def get_request(
        self,
        request: str,
    ) -> ApprovalRequestDetail:
        """Show a request: what would change, what holds, who has decided.

        GET /api/v1/requests/:request; needs request:read.

        Args:
            request: Id of a request, 32 hex digits.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/requests/{segment('request', request)}",
        )

    def list_policies(
        self,
    ) -> Page[Policy]:
        """List the policies that hold.

        GET /api/v1/policies; needs policy:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/policies',
        )

    def list_requests(
        self,
        *,
        waiting: bool | None = None,
        model: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[ApprovalRequest]:
        """List requests, newest first.

        GET /api/v1/requests; needs request:read.

        Args:
            waiting: Only those that are neither promoted nor withdrawn, of versions that are there.
            model: Only those for versions of this model.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/requests',
            query=given({'waiting': waiting, 'model': model, 'limit': limit, 'page': page}),
        )

    def list_reviews(
        self,
        *,
        open: bool | None = None,
        limit: int | None = None,
    ) -> Page[Review]:
        """List what was let through by breaking the glass, newest first.

        GET /api/v1/reviews; needs request:read.

        Args:
            open: Only those in state open or not_moved: what nobody has reviewed yet.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/reviews',
            query=given({'open': open, 'limit': limit}),
        )

    def promote_request(
        self,
        request: str,
    ) -> ApprovalRequestDetail:
        """Make the move that was approved: point the alias or stage at the version.

        Of an endpoint, deploy the version there instead: the approval is found by itself.

        POST /api/v1/requests/:request/promote; needs model:write.

        Args:
            request: Id of a request, 32 hex digits.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/requests/{segment('request', request)}/promote",
        )

    def set_policy(
        self,
        policy: str,
        *,
        covers: list[GuardedAlias | GuardedStage | GuardedEndpoint | GuardedEnvironment],
        approvers: list[SetPolicyApprovers],
        checks: list[Check] | None = None,
        expires_h: float | None = None,
        going_back: bool | None = None,
        break_glass: bool | None = None,
        merges: list[CountedMerges] | None = None,
    ) -> Policy:
        """Guard aliases, stages or endpoints: a new revision of a policy.

        What stands there already stays. Every approval that was given under an earlier revision,
        and not used yet, is void.

        PUT /api/v1/policies/:policy; needs policy:admin.

        Args:
            policy: Name of a policy: small letters, digits, dot, dash and underscore; 63 characters
                at most. Mostly that of the environment which it guards.
            approvers: Who must approve. Nobody counts twice.
            checks: What must hold before anybody’s word counts.
            expires_h: Hours for which somebody’s approval counts; 168 unless said.
            going_back: Whether what was there by an approval before may come back without a new
                one; true unless said.
            break_glass: Whether an admin may let something through alone, with a reason, an alert
                and a review afterwards; true unless said.
            merges: None unless said.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/policies/{segment('policy', policy)}",
            json=given({
                'covers': covers,
                'checks': checks,
                'approvers': approvers,
                'expires_h': expires_h,
                'going_back': going_back,
                'break_glass': break_glass,
                'merges': merges,
            }),
        )

    def withdraw_request(
        self,
        request: str,
    ) -> ApprovalRequestDetail:
        """Withdraw a request.

        For whoever asked, and admins.

        DELETE /api/v1/requests/:request; needs request:write.

        Args:
            request: Id of a request, 32 hex digits.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/requests/{segment('request', request)}",
        )
