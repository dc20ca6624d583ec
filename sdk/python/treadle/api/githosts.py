# Generated from src/githosts/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Repositories on Git hosts whose commits are checked."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Body, Page, Transport, given, segment


CheckState = Literal['waiting', 'running', 'done', 'failed']
"""waiting: its commit is to be fetched; running: its execution goes on; done: the host was told the
verdict; failed: the commit could not be fetched or run.
"""


class CommitCheck(TypedDict):
    """One commit that a host told of, and what became of it."""
    id: str
    host: str
    """Name of a connection: small letters, digits, dot, dash and underscore; 63 characters at most."""
    commit: str
    branch: str
    base: NotRequired[str]
    pull_request: NotRequired[int]
    state: CheckState
    execution: NotRequired[str]
    verdict: NotRequired[str]
    """pass, fail or undecided."""
    problem: NotRequired[str]
    """Why it failed, what the host did not take, or while it goes on: what went wrong last."""
    created_at: int
    """When the host told of the commit. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


GitHostKind = Literal['github', 'gitlab', 'gitea']
"""Which API it speaks; gitea is also that of Forgejo."""


class GitHost(TypedDict):
    """A repository on a Git host whose commits are checked."""
    id: str
    name: str
    """Name of a connection: small letters, digits, dot, dash and underscore; 63 characters at most."""
    kind: GitHostKind
    url: str
    repository: str
    file: str
    has_token: bool
    has_secret: bool
    """Pushes and pull requests can be told."""
    hook: str
    """Path of its webhook on this server."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When it was last changed. Milliseconds since 1970, UTC."""


class GitHostSettings(TypedDict):
    kind: GitHostKind
    url: str
    """Address of the host: https://github.com, https://gitlab.example.org."""
    repository: str
    """The repository: owner/name; no part of it is `.` or `..`."""
    file: NotRequired[str]
    """The pipeline file in the repository; its folder is the project. treadle.yaml unless said."""
    token: NotRequired[str]
    """A token of the host that reads the repository, and writes commit statuses and comments. Never
    shown again; another address drops it.
    """


class HearGitHostAnswer(TypedDict):
    said: str
    """What came of it, in a sentence."""
    check: NotRequired[str]
    """Id of the check."""


class MakeGitHostSecretAnswer(TypedDict):
    secret: str
    path: str


class TestGitHostAnswer(TypedDict):
    ok: bool
    says: str
    """What the token may there, or what is wrong, in a sentence."""
    ms: int
    """How long the host took."""


class GithostsApi:
    """Repositories on Git hosts whose commits are checked."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def check_commit_again(
        self,
        check: str,
    ) -> None:
        """Check a commit again whose check has ended.

        For what was not there then: the commit on its host, a dataset, a machine that answers. It
        waits, as a new one does.

        POST /api/v1/git-checks/:check/again; needs githost:admin.

        Args:
            check: Id of the check.
        """
        return self._transport.nothing(
            'POST',
            f"/api/v1/git-checks/{segment('check', check)}/again",
        )

    def delete_git_host(
        self,
        host: str,
    ) -> None:
        """Check the commits of a repository no longer.

        DELETE /api/v1/git-hosts/:host; needs githost:admin.

        Args:
            host: Name of a connection: small letters, digits, dot, dash and underscore; 63
                characters at most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/git-hosts/{segment('host', host)}",
        )

    def hear_git_host(
        self,
        id: str,
        body: Body,
    ) -> HearGitHostAnswer:
        """Hear of a push or a pull request, as GitHub, GitLab, Gitea and Forgejo tell of it.

        The secret of the connection signs the body (X-Hub-Signature-256, or Standard Webhooks), or
        is shown (X-Gitlab-Token). A delivery is heard once, and a commit is checked once; sent
        again, either has a check that failed tried again.

        POST /api/v1/hooks/git/:id.

        Args:
            id: Id of the connection.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/hooks/git/{segment('id', id)}",
            body=body,
        )

    def list_commit_checks(
        self,
        *,
        host: str | None = None,
        state: CheckState | None = None,
        verdict: Literal['pass', 'fail', 'undecided'] | None = None,
        branch: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[CommitCheck]:
        """List commits that hosts told of, newest first.

        GET /api/v1/git-checks; needs githost:read.

        Args:
            host: Name of a connection: small letters, digits, dot, dash and underscore; 63
                characters at most.
            state: waiting: its commit is to be fetched; running: its execution goes on; done: the
                host was told the verdict; failed: the commit could not be fetched or run.
            branch: Its whole name.
        """
        return self._transport.page(
            'GET',
            '/api/v1/git-checks',
            query=given({
                'host': host,
                'state': state,
                'verdict': verdict,
                'branch': branch,
                'limit': limit,
                'page': page,
            }),
        )

    def list_git_hosts(
        self,
    ) -> Page[GitHost]:
        """List the repositories whose commits are checked.

        GET /api/v1/git-hosts; needs githost:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/git-hosts',
        )

    def make_git_host_secret(
        self,
        host: str,
    ) -> MakeGitHostSecretAnswer:
        """Make the secret of the webhook; shown once, and the one before is worth nothing from then
        on.

        POST /api/v1/git-hosts/:host/secret; needs githost:admin.

        Args:
            host: Name of a connection: small letters, digits, dot, dash and underscore; 63
                characters at most.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/git-hosts/{segment('host', host)}/secret",
        )

    def set_git_host(
        self,
        host: str,
        *,
        kind: GitHostKind,
        url: str,
        repository: str,
        file: str | None = None,
        token: str | None = None,
    ) -> GitHost:
        """Check the commits of a repository on GitHub, GitLab, Gitea or Forgejo.

        What is not said of the token stays, as long as the address, the kind and the repository do:
        no token ever follows to another place.

        PUT /api/v1/git-hosts/:host; needs githost:admin.

        Args:
            host: Name of a connection: small letters, digits, dot, dash and underscore; 63
                characters at most.
            kind: Which API it speaks; gitea is also that of Forgejo.
            url: Address of the host: https://github.com, https://gitlab.example.org.
            repository: The repository: owner/name; no part of it is `.` or `..`.
            file: The pipeline file in the repository; its folder is the project. treadle.yaml
                unless said.
            token: A token of the host that reads the repository, and writes commit statuses and
                comments. Never shown again; another address drops it.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/git-hosts/{segment('host', host)}",
            json=given({
                'kind': kind,
                'url': url,
                'repository': repository,
                'file': file,
                'token': token,
            }),
        )

    def test_git_host(
        self,
        host: str,
    ) -> TestGitHostAnswer:
        """Ask the host for the repository with the token of the connection, and say what it answers.

        POST /api/v1/git-hosts/:host/test; needs githost:admin.

        Args:
            host: Name of a connection: small letters, digits, dot, dash and underscore; 63
                characters at most.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/git-hosts/{segment('host', host)}/test",
        )
