export { authenticate, type Credentials } from './authenticate.ts';
export { createToken } from './create-token.ts';
export { createWorkspace, ensureDefaultWorkspace } from './create-workspace.ts';
export { decide } from './decide.ts';
export { judgeCaller, type CallerJudgement } from './judge-caller.ts';
export { prolongToken, revokeLeftTokens, revokeToken, revokeTokensOf } from './revoke-token.ts';
export { routes } from './routes.ts';
export { migrations } from './schema.ts';
export { liveTokenExists } from './store.ts';
