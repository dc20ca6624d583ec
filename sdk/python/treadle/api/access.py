# Generated from src/access/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Who calls, workspaces and tokens."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, UNSET, Unset, given, segment


GrantKind = Literal['dataset', 'model', 'endpoint', 'environment', 'experiment']
"""What a grant is about: of an experiment its runs, too; of an environment what is promoted to it, and
not its settings.
"""


class Grant(TypedDict):
    id: str
    user: NotRequired[str]
    """Name of the user or service who has it."""
    user_kind: NotRequired[Literal['user', 'service']]
    group: NotRequired[str]
    """Or of the group whose members have it."""
    level: Literal['viewer', 'editor', 'approver', 'admin']
    """viewer reads the thing, and asks an endpoint; editor also changes it; approver reads it, and
    approves what moves to it; admin does all of it, and grants it to others.
    """
    kind: GrantKind
    name: str
    """A name, or a pattern in which * stands for any characters."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str


WorkspaceRole = Literal['viewer', 'editor', 'approver', 'admin']
"""viewer reads; editor also writes; approver reads, and approves what others made; admin does all of
it, and manages tokens, who has which role, and webhooks.
"""


class Group(TypedDict):
    id: str
    name: str
    roles: list[WorkspaceRole]
    """What it brings its members in this workspace."""
    members: list[str]
    """Those who have a role in this workspace; an owner of the server sees all."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""


RoleName = Literal['viewer', 'editor', 'approver', 'admin', 'owner']
"""viewer reads; editor also writes; approver reads, and approves what others made; admin also manages
the tokens, people and webhooks of the workspace; owner enters every workspace and makes new ones.
"""


class NewToken(TypedDict):
    name: str
    """What it is for."""
    role: RoleName
    workspace: NotRequired[str]
    """Lower-case letters, digits and dashes; 63 characters at most."""
    service: NotRequired[str]
    """Name of the service account that it is for; without one it is yours."""
    days: NotRequired[int]
    """Days until it expires; 90 unless said."""


class NewUser(TypedDict):
    name: str
    """What they sign in with. Letters, digits and ._@+-; kept in lower case."""
    full_name: NotRequired[str]
    password: NotRequired[str]
    """12 to 1,024 characters."""
    owner: NotRequired[bool]
    """Of the whole server. Not unless said."""
    roles: NotRequired[list[WorkspaceRole]]


QuotaName = Literal['bytes', 'runs', 'endpoints', 'requests']
"""bytes: of files in datasets, of runs and models, and of code and outputs of pipelines; runs: those
that are kept, deleted ones until gc takes them; endpoints; requests: to the API in a minute.
"""


class Quota(TypedDict):
    quota: QuotaName
    limit: NotRequired[int]
    """At most so much; absent: as much as there is."""
    used: int
    """So much there is; of requests, in this minute."""


class QuotaChange(TypedDict):
    bytes: NotRequired[int | None]
    """null: no limit; what is not said stays."""
    runs: NotRequired[int | None]
    """null: no limit; what is not said stays."""
    endpoints: NotRequired[int | None]
    """null: no limit; what is not said stays."""
    requests: NotRequired[int | None]
    """null: no limit; what is not said stays."""


class Session(TypedDict):
    id: str
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""
    agent: str
    """What the browser calls itself."""
    created_at: int
    """When they signed in. Milliseconds since 1970, UTC."""
    used_at: int
    """Last use, to the minute. Milliseconds since 1970, UTC."""
    expires_at: int
    """When it ends, however much it is used; unused for 12 hours it ends before. Milliseconds since
    1970, UTC.
    """
    current: bool
    """The one that asks."""


class Token(TypedDict):
    id: str
    name: str
    """What it is for."""
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""
    role: RoleName
    person: NotRequired[str]
    """Id of whose it is: it opens no more than what they may now."""
    of: NotRequired[str]
    """What they are called; absent where they are removed."""
    shut: NotRequired[Literal['disabled', 'removed']]
    """It opens nothing, for whose it is are disabled or removed."""
    prefix: str
    """The first characters, to recognise it by."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    expires_at: int
    """When it stops working. Milliseconds since 1970, UTC."""
    last_used_at: NotRequired[int]
    """Last use, to the minute. Milliseconds since 1970, UTC."""
    revoked_at: NotRequired[int]
    """When it was revoked. Milliseconds since 1970, UTC."""
    execution: NotRequired[str]
    """Of the steps of this execution: writes to its runs alone, and ends with it."""


class Trust(TypedDict):
    id: str
    service: str
    """Name of the service account."""
    issuer: str
    """As its tokens write it."""
    subject: str
    """Whom it speaks of; * stands for any characters."""
    audience: str
    """Whom its tokens must be meant for."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str


class UserGroups(TypedDict):
    name: str
    roles: list[WorkspaceRole]


class User(TypedDict):
    id: str
    name: str
    """What they sign in with."""
    full_name: NotRequired[str]
    kind: Literal['user', 'service']
    """user: a person; service: an account of programs, which has tokens only and approves nothing."""
    owner: bool
    """An owner of the whole server."""
    has_password: bool
    roles: list[WorkspaceRole]
    """Their own in this workspace."""
    groups: list[UserGroups]
    """Groups that bring them roles in this workspace."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    created_by: str
    disabled_at: NotRequired[int]
    """When it was disabled: nothing of theirs opens anything since. Milliseconds since 1970, UTC."""


class WhoAmIGrants(TypedDict):
    level: Literal['viewer', 'editor', 'approver', 'admin']
    """viewer reads the thing, and asks an endpoint; editor also changes it; approver reads it, and
    approves what moves to it; admin does all of it, and grants it to others.
    """
    kind: GrantKind
    name: str


class WhoAmI(TypedDict):
    name: str
    kind: str
    """owner (local, without a token), user, service, token or system."""
    role: RoleName | Literal['guest']
    """The strongest; guest where the caller is here by grants on single things alone."""
    roles: list[RoleName]
    """All that the caller has in this workspace."""
    grants: list[WhoAmIGrants]
    """What the caller may do besides, with single things."""
    workspace: str
    workspaces: list[str]
    """Names of those that the caller may enter."""
    user: NotRequired[str]
    """Id of the person whose acts these are."""
    token: NotRequired[str]
    """What the token is called that somebody came in with, where it is theirs."""
    may: list[str]
    """What the caller may do here: read, write, approve, admin, own, server."""


class Workspace(TypedDict):
    name: str
    """Lower-case letters, digits and dashes; 63 characters at most."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""


class ChooseWorkspaceAnswer(TypedDict):
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""


class CreateOwnTokenAnswer(TypedDict):
    token: Token
    secret: str
    """Keep it; it cannot be shown again."""


class CreateTokenAnswer(TypedDict):
    token: Token
    secret: str
    """Keep it; it cannot be shown again."""


class ExchangeTokenAnswer(TypedDict):
    access_token: str
    issued_token_type: Literal['urn:ietf:params:oauth:token-type:access_token']
    token_type: Literal['Bearer']
    expires_in: int
    """Seconds."""
    service: str
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""


ExplainAccessAnswerRoles = TypedDict(
    'ExplainAccessAnswerRoles',
    {
        'role': RoleName,
        # itself, group NAME, or server.
        'from': str,
    },
)


ExplainAccessAnswerGrants = TypedDict(
    'ExplainAccessAnswerGrants',
    {
        # viewer reads the thing, and asks an endpoint; editor also changes it; approver reads it, and approves what moves to it; admin does all of it, and grants it to others.
        'level': Literal['viewer', 'editor', 'approver', 'admin'],
        'kind': GrantKind,
        'name': str,
        # itself, or group NAME.
        'from': str,
    },
)


class ExplainAccessAnswerRules(TypedDict):
    verb: str
    roles: list[RoleName]
    says: str
    granted: bool
    """Whether a grant may say so, too, of what it is about."""


class ExplainAccessAnswer(TypedDict):
    allowed: bool
    because: str
    roles: list[ExplainAccessAnswerRoles]
    """What they have in this workspace, and what brings it."""
    grants: list[ExplainAccessAnswerGrants]
    """What they were granted besides: on the thing, where one is named."""
    rules: list[ExplainAccessAnswerRules]
    """The whole policy: which roles may do what ends in which verb."""


class SignInAnswer(TypedDict):
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""


class SignInWaysAnswer(TypedDict):
    provider: bool
    """By an OpenID Connect provider, at /sign-in/oidc."""


class SwitchWorkspaceAnswer(TypedDict):
    workspace: str
    """Lower-case letters, digits and dashes; 63 characters at most."""


class AccessApi:
    """Who calls, workspaces and tokens."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add_grant(
        self,
        *,
        level: Literal['viewer', 'editor', 'approver', 'admin'],
        kind: GrantKind,
        name: str,
        user: str | None = None,
        group: str | None = None,
    ) -> Grant:
        """Grant somebody, or a group, a thing or all of a pattern of names.

        It adds to what their role in the workspace says; who has no role here sees and does what is
        granted and nothing else. An admin of a thing by a grant grants it on, and no more than what
        their own covers.

        POST /api/v1/grants; needs grant:admin.

        Args:
            level: viewer reads the thing, and asks an endpoint; editor also changes it; approver
                reads it, and approves what moves to it; admin does all of it, and grants it to
                others.
            kind: What a grant is about: of an experiment its runs, too; of an environment what is
                promoted to it, and not its settings.
            name: A name, or a pattern in which * stands for any characters: flights*. Three * at
                most.
            user: Name or id.
            group: Name or id.
        """
        return self._transport.json(
            'POST',
            '/api/v1/grants',
            json=given({
                'user': user,
                'group': group,
                'level': level,
                'kind': kind,
                'name': name,
            }),
        )

    def add_group(
        self,
        *,
        name: str,
    ) -> Group:
        """Make a group of people.

        POST /api/v1/groups; needs server:admin.
        """
        return self._transport.json(
            'POST',
            '/api/v1/groups',
            json=given({'name': name}),
        )

    def add_service(
        self,
        *,
        name: str,
        roles: list[WorkspaceRole],
    ) -> User:
        """Add a service account to this workspace.

        It has tokens only (`POST /api/v1/tokens` with `service`), and approves nothing.

        POST /api/v1/services; needs user:admin.

        Args:
            name: What they sign in with. Letters, digits and ._@+-; kept in lower case.
        """
        return self._transport.json(
            'POST',
            '/api/v1/services',
            json=given({'name': name, 'roles': roles}),
        )

    def add_trust(
        self,
        *,
        service: str,
        issuer: str,
        subject: str,
        audience: str,
    ) -> Trust:
        """Let a service account trust an issuer’s identity tokens of a subject.

        POST /api/v1/trusts; needs user:admin.

        Args:
            service: Name of the service account.
            issuer: Exactly as its tokens write it.
            subject: Whom it must speak of; * stands for any characters: three at most, and none at
                the beginning.
            audience: Whom a token must be meant for: mostly the address of this server.
        """
        return self._transport.json(
            'POST',
            '/api/v1/trusts',
            json=given({
                'service': service,
                'issuer': issuer,
                'subject': subject,
                'audience': audience,
            }),
        )

    def add_user(
        self,
        *,
        name: str,
        full_name: str | None = None,
        password: str | None = None,
        owner: bool | None = None,
        roles: list[WorkspaceRole] | None = None,
    ) -> User:
        """Add a person.

        Without a password they cannot sign in with one. There is never a default.

        POST /api/v1/users; needs server:admin.

        Args:
            name: What they sign in with. Letters, digits and ._@+-; kept in lower case.
            password: 12 to 1,024 characters.
            owner: Of the whole server. Not unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/users',
            json=given({
                'name': name,
                'full_name': full_name,
                'password': password,
                'owner': owner,
                'roles': roles,
            }),
        )

    def begin_oidc(
        self,
    ) -> str:
        """Send the browser to the OpenID Connect provider.

        GET /sign-in/oidc.
        """
        return self._transport.text(
            'GET',
            '/sign-in/oidc',
        )

    def change_password(
        self,
        *,
        current: str,
        password: str,
    ) -> None:
        """Change your own password.

        POST /api/v1/me/password; needs user:own.

        Args:
            current: 12 to 1,024 characters.
            password: 12 to 1,024 characters.
        """
        return self._transport.nothing(
            'POST',
            '/api/v1/me/password',
            json=given({'current': current, 'password': password}),
        )

    def choose_workspace(
        self,
        *,
        workspace: str,
    ) -> ChooseWorkspaceAnswer:
        """Go on in another workspace in this browser, as the owner of the machine, who has no session.

        PUT /api/v1/me/workspace; needs server:admin.

        Args:
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
        """
        return self._transport.json(
            'PUT',
            '/api/v1/me/workspace',
            json=given({'workspace': workspace}),
        )

    def create_own_token(
        self,
        *,
        name: str,
        role: RoleName,
        days: int | None = None,
    ) -> CreateOwnTokenAnswer:
        """Make a token of your own; its secret is shown this once.

        It opens at every request what its role says and you may do then, and no more.

        POST /api/v1/me/tokens; needs token:own.

        Args:
            name: What it is for.
            role: viewer reads; editor also writes; approver reads, and approves what others made;
                admin also manages the tokens, people and webhooks of the workspace; owner enters
                every workspace and makes new ones.
            days: Days until it expires; 90 unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/me/tokens',
            json=given({'name': name, 'role': role, 'days': days}),
        )

    def create_token(
        self,
        *,
        name: str,
        role: RoleName,
        workspace: str | None = None,
        service: str | None = None,
        days: int | None = None,
    ) -> CreateTokenAnswer:
        """Make a token; its secret is shown this once.

        POST /api/v1/tokens; needs token:admin.

        Args:
            name: What it is for.
            role: viewer reads; editor also writes; approver reads, and approves what others made;
                admin also manages the tokens, people and webhooks of the workspace; owner enters
                every workspace and makes new ones.
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
            service: Name of the service account that it is for; without one it is yours.
            days: Days until it expires; 90 unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/tokens',
            json=given({
                'name': name,
                'role': role,
                'workspace': workspace,
                'service': service,
                'days': days,
            }),
        )

    def create_workspace(
        self,
        *,
        name: str,
    ) -> Workspace:
        """Make a workspace.

        POST /api/v1/workspaces; needs server:admin.

        Args:
            name: Lower-case letters, digits and dashes; 63 characters at most.
        """
        return self._transport.json(
            'POST',
            '/api/v1/workspaces',
            json=given({'name': name}),
        )

    def end_oidc(
        self,
        *,
        code: str | None = None,
        state: str | None = None,
        iss: str | None = None,
        error: str | None = None,
    ) -> str:
        """Take what the OpenID Connect provider says of somebody, and begin a session.

        GET /sign-in/oidc/callback.
        """
        return self._transport.text(
            'GET',
            '/sign-in/oidc/callback',
            query=given({'code': code, 'state': state, 'iss': iss, 'error': error}),
        )

    def end_session(
        self,
        id: str,
    ) -> None:
        """End a session of your own at once.

        DELETE /api/v1/me/sessions/:id; needs session:own.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/me/sessions/{segment('id', id)}",
        )

    def exchange_token(
        self,
        *,
        grant_type: Literal['urn:ietf:params:oauth:grant-type:token-exchange'],
        subject_token: str,
        subject_token_type: Literal['urn:ietf:params:oauth:token-type:id_token', 'urn:ietf:params:oauth:token-type:jwt'],
        service: str | None = None,
        workspace: str | None = None,
        scope: Literal['viewer', 'editor', 'admin'] | None = None,
    ) -> ExchangeTokenAnswer:
        """Exchange an identity token of a trusted issuer for a token of a service account.

        In the words of RFC 8693, as JSON. A CI system’s job shows its own identity token and gets
        one of the service account that trusts it, for 15 minutes. A token with a `jti` is exchanged
        once.

        POST /api/v1/token-exchange.

        Args:
            service: Which service account, where several trust the token.
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
            scope: A role: no more than that, and no more than the service account may. All of it
                unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/token-exchange',
            json=given({
                'grant_type': grant_type,
                'subject_token': subject_token,
                'subject_token_type': subject_token_type,
                'service': service,
                'workspace': workspace,
                'scope': scope,
            }),
        )

    def explain_access(
        self,
        *,
        action: str,
        user: str | None = None,
        kind: GrantKind | None = None,
        name: str | None = None,
    ) -> ExplainAccessAnswer:
        """Say whether somebody may do something here, and why.

        POST /api/v1/access/explain; needs user:read.

        Args:
            action: As a route carries it: `run:write`, `model:approve`.
            user: Name or id; the caller unless said.
            kind: What a grant is about: of an experiment its runs, too; of an environment what is
                promoted to it, and not its settings.
            name: Of the thing of that kind; with `kind`.
        """
        return self._transport.json(
            'POST',
            '/api/v1/access/explain',
            json=given({'user': user, 'action': action, 'kind': kind, 'name': name}),
        )

    def leave_workspace(
        self,
        workspace: str,
    ) -> None:
        """Leave a workspace: give your own roles there back.

        DELETE /api/v1/me/workspaces/:workspace; needs user:own.

        Args:
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/me/workspaces/{segment('workspace', workspace)}",
        )

    def list_grants(
        self,
        *,
        search: str | None = None,
        kind: GrantKind | None = None,
        level: Literal['viewer', 'editor', 'approver', 'admin'] | None = None,
        user: str | None = None,
        group: str | None = None,
        sort: Literal['name', 'made'] | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Grant]:
        """List the grants of the workspace on single things.

        GET /api/v1/grants; needs grant:read.

        Args:
            search: Those whose name, or whose bearer’s, holds it.
            kind: What a grant is about: of an experiment its runs, too; of an environment what is
                promoted to it, and not its settings.
            level: viewer reads the thing, and asks an endpoint; editor also changes it; approver
                reads it, and approves what moves to it; admin does all of it, and grants it to
                others.
            user: Name or id of a user or service.
            group: Name or id of a group.
            sort: By what they are about, or the newest first; name unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/grants',
            query=given({
                'search': search,
                'kind': kind,
                'level': level,
                'user': user,
                'group': group,
                'sort': sort,
                'limit': limit,
                'page': page,
            }),
        )

    def list_groups(
        self,
    ) -> Page[Group]:
        """List the groups that bring roles in this workspace; an owner of the server sees all.

        GET /api/v1/groups; needs user:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/groups',
        )

    def list_own_tokens(
        self,
    ) -> Page[Token]:
        """List your own tokens, of all workspaces.

        GET /api/v1/me/tokens; needs token:own.
        """
        return self._transport.page(
            'GET',
            '/api/v1/me/tokens',
        )

    def list_quotas(
        self,
    ) -> Page[Quota]:
        """Say how much this workspace may have, and has.

        GET /api/v1/quotas; needs workspace:admin.
        """
        return self._transport.page(
            'GET',
            '/api/v1/quotas',
        )

    def list_sessions(
        self,
    ) -> Page[Session]:
        """List the browsers where you are signed in.

        GET /api/v1/me/sessions; needs session:own.
        """
        return self._transport.page(
            'GET',
            '/api/v1/me/sessions',
        )

    def list_tokens(
        self,
    ) -> Page[Token]:
        """List tokens.

        GET /api/v1/tokens; needs token:admin.
        """
        return self._transport.page(
            'GET',
            '/api/v1/tokens',
        )

    def list_trusts(
        self,
    ) -> Page[Trust]:
        """List whose identity tokens the service accounts of the workspace trust.

        GET /api/v1/trusts; needs user:admin.
        """
        return self._transport.page(
            'GET',
            '/api/v1/trusts',
        )

    def list_users(
        self,
        *,
        all: bool | None = None,
    ) -> Page[User]:
        """List the people and service accounts of the workspace.

        GET /api/v1/users; needs user:read.

        Args:
            all: Of the whole server; for its owners.
        """
        return self._transport.page(
            'GET',
            '/api/v1/users',
            query=given({'all': all}),
        )

    def list_workspaces(
        self,
    ) -> Page[Workspace]:
        """List the workspaces the caller may enter.

        GET /api/v1/workspaces; needs workspace:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/workspaces',
        )

    def remove_grant(
        self,
        grant: str,
    ) -> None:
        """Take a grant back.

        DELETE /api/v1/grants/:grant; needs grant:admin.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/grants/{segment('grant', grant)}",
        )

    def remove_group(
        self,
        group: str,
    ) -> None:
        """Remove a group, and with it what it brought.

        DELETE /api/v1/groups/:group; needs server:admin.

        Args:
            group: Name or id.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/groups/{segment('group', group)}",
        )

    def remove_trust(
        self,
        trust: str,
    ) -> None:
        """Trust an issuer’s tokens no longer; what was exchanged ends within 15 minutes.

        DELETE /api/v1/trusts/:trust; needs user:admin.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/trusts/{segment('trust', trust)}",
        )

    def reset_password(
        self,
        user: str,
        *,
        password: str,
    ) -> User:
        """Set the password of a person.

        POST /api/v1/users/:user/password; needs server:admin.

        Args:
            user: Name or id.
            password: 12 to 1,024 characters.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/users/{segment('user', user)}/password",
            json=given({'password': password}),
        )

    def revoke_own_token(
        self,
        id: str,
    ) -> Token:
        """Revoke a token of your own at once.

        DELETE /api/v1/me/tokens/:id; needs token:own.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/me/tokens/{segment('id', id)}",
        )

    def revoke_token(
        self,
        id: str,
    ) -> Token:
        """Revoke a token at once.

        DELETE /api/v1/tokens/:id; needs token:admin.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/tokens/{segment('id', id)}",
        )

    def set_group_roles(
        self,
        group: str,
        *,
        roles: list[WorkspaceRole],
    ) -> Group:
        """Say which roles a group brings its members in this workspace.

        PUT /api/v1/groups/:group/roles; needs user:admin.

        Args:
            group: Name or id.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/groups/{segment('group', group)}/roles",
            json=given({'roles': roles}),
        )

    def set_members(
        self,
        group: str,
        *,
        members: list[str],
    ) -> Group:
        """Say who is in a group.

        PUT /api/v1/groups/:group/members; needs server:admin.

        Args:
            group: Name or id.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/groups/{segment('group', group)}/members",
            json=given({'members': members}),
        )

    def set_quotas(
        self,
        *,
        bytes: int | None | Unset = UNSET,
        runs: int | None | Unset = UNSET,
        endpoints: int | None | Unset = UNSET,
        requests: int | None | Unset = UNSET,
    ) -> Page[Quota]:
        """Say how much this workspace may have.

        Where a limit is below what there is, nothing goes, and nothing more comes: it is refused as
        `forbidden` with the code `quota`, requests as `limited` until the minute is over.

        PATCH /api/v1/quotas; needs server:admin.

        Args:
            bytes: null: no limit; what is not said stays.
            runs: null: no limit; what is not said stays.
            endpoints: null: no limit; what is not said stays.
            requests: null: no limit; what is not said stays.
        """
        return self._transport.page(
            'PATCH',
            '/api/v1/quotas',
            json=given({
                'bytes': bytes,
                'runs': runs,
                'endpoints': endpoints,
                'requests': requests,
            }, nulls=('bytes', 'runs', 'endpoints', 'requests',)),
        )

    def set_roles(
        self,
        user: str,
        *,
        roles: list[WorkspaceRole],
    ) -> User:
        """Say which roles a person or service account has in this workspace; none takes them out.

        PUT /api/v1/users/:user/roles; needs user:admin.

        Args:
            user: Name or id.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/users/{segment('user', user)}/roles",
            json=given({'roles': roles}),
        )

    def sign_in(
        self,
        *,
        name: str,
        password: str,
        workspace: str | None = None,
    ) -> SignInAnswer:
        """Sign in with name and password; a cookie keeps the session.

        The cookie is `__Host-treadle-session` and needs https, but on a loopback address. After too
        many wrong passwords the answer is 429 with Retry-After.

        POST /api/v1/session.

        Args:
            password: 12 to 1,024 characters.
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
        """
        return self._transport.json(
            'POST',
            '/api/v1/session',
            json=given({'name': name, 'password': password, 'workspace': workspace}),
        )

    def sign_in_ways(
        self,
    ) -> SignInWaysAnswer:
        """Say how people sign in here.

        GET /api/v1/session/ways.
        """
        return self._transport.json(
            'GET',
            '/api/v1/session/ways',
        )

    def sign_out(
        self,
    ) -> None:
        """End the session of this browser, if there is one, and take its cookie away.

        DELETE /api/v1/session.
        """
        return self._transport.nothing(
            'DELETE',
            '/api/v1/session',
        )

    def switch_workspace(
        self,
        *,
        workspace: str,
    ) -> SwitchWorkspaceAnswer:
        """Go on in another workspace with the session of this browser.

        PUT /api/v1/session/workspace; needs session:own.

        Args:
            workspace: Lower-case letters, digits and dashes; 63 characters at most.
        """
        return self._transport.json(
            'PUT',
            '/api/v1/session/workspace',
            json=given({'workspace': workspace}),
        )

    def update_user(
        self,
        user: str,
        *,
        disabled: bool | None = None,
        owner: bool | None = None,
        full_name: str | None = None,
    ) -> User:
        """Disable or enable a person or service account, or make a person an owner of the server.

        From the moment it is disabled no session, password or token of it opens anything.

        PATCH /api/v1/users/:user; needs server:admin.

        Args:
            user: Name or id.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/users/{segment('user', user)}",
            json=given({'disabled': disabled, 'owner': owner, 'full_name': full_name}),
        )

    def who_am_i(
        self,
    ) -> WhoAmI:
        """Say who the caller is.

        GET /api/v1/me; needs workspace:read.
        """
        return self._transport.json(
            'GET',
            '/api/v1/me',
        )
