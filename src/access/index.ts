export { authenticate, type Credentials } from './authenticate.ts';
export { createToken } from './create-token.ts';
export { createWorkspace, ensureDefaultWorkspace } from './create-workspace.ts';
export { authorize, type Resolvers } from './authorize.ts';
export { AS_A_PERSON, decide, rolesHere, type Decision } from './decide.ts';
export type { Grant, User, WorkspaceRole } from './contract.ts';
export { addGrant, listGrants, removeGrant } from './grants/grants.ts';
export { grantResolvers } from './grants/resolve.ts';
export { hearing } from './grants/hearing.ts';
export { sees, seeingAll, seesAll, whereSeen } from './grants/seen.ts';
export { judgeCaller, type CallerJudgement } from './judge-caller.ts';
export { exchangeRoutes } from './exchange/routes.ts';
export { addService, addUser } from './people/add-user.ts';
export { addGroup, removeGroup, setGroupRoles, setMembers } from './people/groups.ts';
export { removeUser } from './people/remove-user.ts';
export {
  directoryGroups,
  directoryUsers,
  renameGroup,
  type DirectoryGroup,
  type DirectoryUser,
} from './people/directory.ts';
export { idOfNamed, namesBehind } from './people/names.ts';
export { createPasswords, type Passwords } from './people/passwords.ts';
export { personCalled, personOf, rightsOf, type Person, type Rights } from './people/rights.ts';
export { countRoom, giveRoom, holdRoom, isQuota, requireRoom, takeRoom } from './quotas/quotas.ts';
export { Requests } from './quotas/requests.ts';
export { RIGHTS_CHANGED, setPassword, setRoles, updateUser } from './people/update-user.ts';
export { listUsers, userOf } from './people/view.ts';
export { entered } from './workspaces.ts';
export { prolongToken, revokeLeftTokens, revokeToken, revokeTokensOf } from './revoke-token.ts';
export { cookieIn, sessionIn, workspaceCookie, type Place } from './sessions/cookie.ts';
export { createOidc, type Oidc, type OidcSettings } from './sessions/oidc.ts';
export { sessionRoutes } from './sessions/routes.ts';
export { covers, ROLES } from './roles.ts';
export { accessRoutes } from './routes.ts';
export { migrations } from './schema.ts';
export { credentialExists } from './store.ts';
