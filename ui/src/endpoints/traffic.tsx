import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { ROLE_WORDS, type Revision, type Variant } from '../../../src/serving/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { Icon } from '../kit/icons.tsx';
import { answering, evaluationOf, percentWords, shadows, trafficWords } from './traffic-words.ts';
import './endpoints.css';

/** The split of the requests as one bar; copies that go to shadows run below it. */
export function TrafficBar({
  variants,
  small = false,
}: {
  variants: readonly Variant[];
  small?: boolean;
}): ReactElement {
  return (
    <span
      className={`traffic${small ? ' traffic-small' : ''}`}
      role="img"
      aria-label={trafficWords(variants)}
      title={small ? trafficWords(variants) : undefined}
    >
      <span className="traffic-bar">
        {answering(variants).map((variant) => (
          <span
            key={`${variant.role} ${variant.version_ref}`}
            className={`traffic-part traffic-${variant.role}`}
            style={{ flexGrow: Math.max(0.5, variant.percent) }}
          >
            {!small && variant.percent >= 8 && (
              <span className="truncate">
                v{variant.version} · {percentWords(variant.percent)}
              </span>
            )}
          </span>
        ))}
      </span>
      {shadows(variants).map((variant) => (
        <span key={variant.version_ref} className="traffic-copies">
          <span className="traffic-shadow" style={{ width: `${Math.max(1, variant.percent)}%` }} />
        </span>
      ))}
    </span>
  );
}

const ROLE: Record<Variant['role'], string> = {
  champion: 'answers',
  canary: 'answers, on trial',
  shadow: 'is asked copies, and only compared',
};

/** Who answers, with which share, by which runtime, and how it was judged. */
export function Variants({ revision }: { revision: Revision }): ReactElement {
  return (
    <ul className="variants">
      {revision.variants.map((variant) => (
        <li key={`${variant.role} ${variant.version_ref}`}>
          <span className={`variant-sign traffic-${variant.role}`} aria-hidden="true" />
          <strong className="variant-share">{percentWords(variant.percent)}</strong>
          <span className="variant-name">
            <VersionLink model={variant.model} version={variant.version} />{' '}
            <span className="muted">
              {ROLE_WORDS[variant.role]}: {ROLE[variant.role]}
              {variant.role === 'canary' && revision.sticky && ', the same callers always (sticky)'}
            </span>
          </span>
          <Badge>{variant.runtime === 'onnx' ? 'ONNX' : 'Python'}</Badge>
          {evaluationOf(variant) === undefined ? (
            <span className="faint">not evaluated</span>
          ) : (
            <Link
              to="/evaluations/$evaluation"
              params={{ evaluation: evaluationOf(variant) ?? '' }}
              className="row"
              aria-label={`Evaluation of ${variant.model} v${variant.version}`}
            >
              <Icon name="gauge" size={14} />
              evaluation
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}

export function VersionLink({ model, version }: { model: string; version: number }): ReactElement {
  return (
    <Link to="/models/$model/versions/$version" params={{ model, version: String(version) }}>
      {model} v{version}
    </Link>
  );
}

/** The versions of a split; the model is named once where all are of one. */
export function VersionLinks({ variants }: { variants: readonly Variant[] }): ReactElement {
  return (
    <span className="version-links">
      {variants.map((variant, i) => (
        <span key={`${variant.role} ${variant.version_ref}`} className="nowrap">
          <Link
            to="/models/$model/versions/$version"
            params={{ model: variant.model, version: String(variant.version) }}
          >
            {(i === 0 || variant.model !== variants[0]?.model) && `${variant.model} `}v{variant.version}
          </Link>
          {variants.length > 1 && (
            <span className="faint">
              {' '}
              {variant.role === 'shadow' ? 'shadow' : percentWords(variant.percent)}
            </span>
          )}
        </span>
      ))}
    </span>
  );
}
