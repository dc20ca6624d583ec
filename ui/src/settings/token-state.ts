import type { Token } from '../../../src/access/contract.ts';
import type { Tone } from '../kit/badge.tsx';

export interface TokenState {
  word: 'active' | 'expires soon' | 'expired' | 'revoked' | 'owner disabled' | 'owner removed';
  tone: Tone;
  /** Whether it still opens anything. */
  works: boolean;
}

const SOON = 7 * 86_400_000;

/** What a token is worth now. Pure. */
export function tokenState(
  token: Pick<Token, 'expires_at' | 'revoked_at' | 'shut'>,
  now: number,
): TokenState {
  if (token.revoked_at !== undefined) return { word: 'revoked', tone: 'neutral', works: false };
  if (token.shut !== undefined) return { word: `owner ${token.shut}`, tone: 'neutral', works: false };
  if (token.expires_at <= now) return { word: 'expired', tone: 'neutral', works: false };
  if (token.expires_at - now <= SOON) return { word: 'expires soon', tone: 'warn', works: true };
  return { word: 'active', tone: 'good', works: true };
}
