# Generated from src/changes/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Changes to data and models: proposals, and what pipelines say of them."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment
from .pipelines import ProposedData, RegisteredVersion


ChangeCheckState = Literal['waiting', 'running', 'done', 'failed']
"""waiting: it begins soon; running: its execution goes on; done: there is a verdict; failed: it could
not be run.
"""


class ChangeCheck(TypedDict):
    """What a pipeline says of a change to data or to a model."""
    id: str
    pipeline: str
    change: ProposedData | RegisteredVersion
    """The change to data or to a model that is checked, where it is no commit."""
    state: ChangeCheckState
    execution: NotRequired[str]
    """Its report is at /executions/ID/report."""
    verdict: NotRequired[str]
    """pass, fail or undecided."""
    summary: NotRequired[str]
    """The verdict in one sentence."""
    problem: NotRequired[str]
    """Why it could not be run."""
    created_at: int
    """When the change was heard of. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


ProposalState = Literal['open', 'merged', 'closed']


class Proposal(TypedDict):
    """A branch of a dataset that is proposed for merge into another."""
    dataset: str
    """Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 characters at
    most.
    """
    number: int
    """Counts from 1 in its dataset."""
    branch: str
    """Name of a branch or tag. Not `v7` and not a hash: those name versions."""
    into: str
    """Name of a branch or tag. Not `v7` and not a hash: those name versions."""
    message: str
    state: ProposalState
    head: str
    """The version that is proposed: `v7`."""
    head_id: str
    base: NotRequired[str]
    """What the other branch is at, or was when it was merged: `v5`."""
    created_at: int
    """When it was proposed. Milliseconds since 1970, UTC."""
    created_by: str
    ended_at: NotRequired[int]
    """When it was merged or closed. Milliseconds since 1970, UTC."""
    ended_by: NotRequired[str]
    reason: NotRequired[str]
    """Why it was merged or closed."""


class ProposalDetail(Proposal):
    protected: bool
    """The other branch takes nothing but what passed its checks."""
    checks: list[ChangeCheck]
    void_checks: list[ChangeCheck]
    """Of versions that were proposed before: the branch has moved since."""
    blocked: list[str]
    """Why it cannot be merged now; empty: it can."""


class ListVersionChecksAnswer(TypedDict):
    items: list[ChangeCheck]


class ChangesApi:
    """Changes to data and models: proposals, and what pipelines say of them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def check_proposal(
        self,
        dataset: str,
        number: int,
    ) -> ProposalDetail:
        """Check the proposed version again, by what pipelines ask for now.

        Checks that have not ended go on.

        POST /api/v1/datasets/:dataset/proposals/:number/check; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/proposals/{segment('number', number)}/check",
        )

    def close_proposal(
        self,
        dataset: str,
        number: int,
        *,
        reason: str | None = None,
    ) -> ProposalDetail:
        """Close a proposal without merging it.

        POST /api/v1/datasets/:dataset/proposals/:number/close; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/proposals/{segment('number', number)}/close",
            json=given({'reason': reason}),
        )

    def get_proposal(
        self,
        dataset: str,
        number: int,
    ) -> ProposalDetail:
        """Show a proposal with its checks, and what stands in its way.

        GET /api/v1/datasets/:dataset/proposals/:number; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/proposals/{segment('number', number)}",
        )

    def list_proposals(
        self,
        dataset: str,
        *,
        state: ProposalState | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Proposal]:
        """List what was proposed for a dataset, newest first.

        GET /api/v1/datasets/:dataset/proposals; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/proposals",
            query=given({'state': state, 'limit': limit, 'page': page}),
        )

    def list_version_checks(
        self,
        model: str,
        version: str,
    ) -> ListVersionChecksAnswer:
        """What pipelines say of a version that was registered.

        GET /api/v1/models/:model/versions/:version/checks; needs model:read.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/checks",
        )

    def merge_proposal(
        self,
        dataset: str,
        number: int,
        *,
        head: str,
        reason: str | None = None,
    ) -> ProposalDetail:
        """Merge a proposal: the other branch moves to the proposed version.

        POST /api/v1/datasets/:dataset/proposals/:number/merge; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            head: The version that was looked at; another one is refused.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/proposals/{segment('number', number)}/merge",
            json=given({'head': head, 'reason': reason}),
        )

    def propose_branch(
        self,
        dataset: str,
        *,
        branch: str,
        into: str | None = None,
        message: str | None = None,
    ) -> ProposalDetail:
        """Propose a branch of a dataset for merge into another.

        Pipelines whose file asks for it under `when:` run on the proposed data.

        POST /api/v1/datasets/:dataset/proposals; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            branch: Name of a branch or tag. Not `v7` and not a hash: those name versions.
            into: main unless said.
            message: What changes, and why.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/proposals",
            json=given({'branch': branch, 'into': into, 'message': message}),
        )
