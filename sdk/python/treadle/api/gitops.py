# Generated from src/gitops/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Environments that follow a file in a Git repository."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment
from .pipelines import RolloutWish


class PinnedVersion(TypedDict):
    version: int | str
    rollout: NotRequired[RolloutWish | Literal[False]]
    """How it comes; as the environment says unless said. false: it answers all requests at once."""


class PinnedEndpoint(TypedDict):
    model: str
    version: int | str
    rollout: NotRequired[RolloutWish | Literal[False]]
    """How it comes; as the environment says unless said. false: it answers all requests at once."""


class DesiredState(TypedDict):
    """What shall answer in one environment. What is not named is left as it is."""
    environment: str
    """Which environment this is about."""
    models: NotRequired[dict[str, int | str | PinnedVersion]]
    """Which version of each model answers at the endpoint that it has there."""
    endpoints: NotRequired[dict[str, str | PinnedEndpoint]]
    """Endpoints of the environment that are called otherwise."""


class GitOpsTargetWanted(TypedDict):
    model: str
    version: NotRequired[int]
    """Absent where there is no such version."""
    version_ref: NotRequired[str]


class GitOpsTargetRuns(TypedDict):
    model: str
    version: int
    version_ref: str


TargetState = Literal['in_sync', 'on_the_way', 'waiting', 'blocked', 'drift']
"""in_sync: what runs is what Git says; on_the_way: a release brings it there; waiting: for people, or
for time; blocked: it was refused, rolled back or taken away, and is not tried again before Git says
something else or somebody says so; drift: they differ, and nothing is done about it.
"""


class GitOpsTarget(TypedDict):
    endpoint: str
    wanted: GitOpsTargetWanted
    runs: NotRequired[GitOpsTargetRuns]
    state: TargetState
    says: str
    """Where it stands, in a sentence."""
    at: NotRequired[int]
    """When it goes on, where that is known. Milliseconds since 1970, UTC."""
    release: NotRequired[str]
    """The last one that brought it there, or tries to."""


class GitOpsUnnamed(TypedDict):
    endpoint: str
    model: str
    version: int
    version_ref: str


class GitOps(TypedDict):
    """An environment that follows a file in a Git repository."""
    environment: str
    """Name of an environment: small letters, digits and dashes; 40 characters at most."""
    host: str
    """The connection to the Git host."""
    branch: str
    file: str
    mode: Literal['apply', 'report']
    """apply: what runs is made what Git says; report: only the difference is shown."""
    commit: NotRequired[str]
    """The commit that was read last."""
    problem: NotRequired[str]
    """Why the branch or the file cannot be read; nothing is applied then."""
    looked_at: NotRequired[int]
    """When the branch was last looked at. Milliseconds since 1970, UTC."""
    late: NotRequired[bool]
    """That was some minutes ago: its host does not answer. What was read last holds."""
    in_sync: bool
    """Whether all that it names runs."""
    targets: list[GitOpsTarget]
    unnamed: list[GitOpsUnnamed]
    """What answers in the environment, and the file says nothing of."""
    created_at: int
    """When it was set. Milliseconds since 1970, UTC."""
    created_by: str


class ProposeGitOpsAnswer(TypedDict):
    branch: str
    commit: str
    text: str
    """What the file says on it."""


class GitopsApi:
    """Environments that follow a file in a Git repository."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete_git_ops(
        self,
        environment: str,
    ) -> None:
        """Let an environment follow nothing any more; what runs stays.

        DELETE /api/v1/gitops/:environment; needs environment:admin.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/gitops/{segment('environment', environment)}",
        )

    def list_git_ops(
        self,
    ) -> Page[GitOps]:
        """List the environments that follow a file in Git, with what differs.

        GET /api/v1/gitops; needs environment:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/gitops',
        )

    def propose_git_ops(
        self,
        environment: str,
        *,
        as_: str | None = None,
        models: dict[str, int] | None = None,
        why: str | None = None,
    ) -> ProposeGitOpsAnswer:
        """Push a branch on which the file says what is wanted, or what runs.

        POST /api/v1/gitops/:environment/propose; needs release:write.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            as_: The branch that is made; treadle/ENVIRONMENT-… unless said.
            models: Which versions the file shall say; those that run unless said.
            why: For the commit.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/gitops/{segment('environment', environment)}/propose",
            json=given({'as': as_, 'models': models, 'why': why}),
        )

    def set_git_ops(
        self,
        environment: str,
        *,
        host: str,
        file: str,
        branch: str | None = None,
        mode: Literal['apply', 'report'] | None = None,
    ) -> GitOps:
        """Let an environment follow a file in a Git repository.

        PUT /api/v1/gitops/:environment; needs environment:admin.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            host: A connection to a Git host.
            file: Path of the file in the repository.
            branch: main unless said.
            mode: apply: what runs is made what Git says; report: only the difference is shown.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/gitops/{segment('environment', environment)}",
            json=given({'host': host, 'branch': branch, 'file': file, 'mode': mode}),
        )

    def sync_git_ops(
        self,
        environment: str,
        *,
        retry: bool | None = None,
    ) -> GitOps:
        """Look at the branch now; what was blocked is tried again where that is said.

        POST /api/v1/gitops/:environment/sync; needs release:write.

        Args:
            environment: Name of an environment: small letters, digits and dashes; 40 characters at
                most.
            retry: Try again what is blocked.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/gitops/{segment('environment', environment)}/sync",
            json=given({'retry': retry}),
        )
