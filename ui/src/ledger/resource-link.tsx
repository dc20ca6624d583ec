import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { Icon } from '../kit/icons.tsx';
import { readResource } from './resource.ts';
import './ledger.css';

/** The page of a `noun:id`, where it has one; else its lineage. */
export function ResourceAnchor({
  resource,
  className,
  children,
}: {
  resource: string;
  className?: string;
  children: ReactNode;
}): ReactElement {
  const { noun, id } = readResource(resource);
  const look = className === undefined ? {} : { className };
  const slash = id.lastIndexOf('/');
  const [owner, rest] = slash < 0 ? [id, ''] : [id.slice(0, slash), id.slice(slash + 1)];
  switch (noun) {
    case 'dataset':
    case 'dataset_version':
      return (
        <Link to="/data/$id" params={{ id }} {...look}>
          {children}
        </Link>
      );
    case 'experiment':
      return (
        <Link to="/experiments/$experiment" params={{ experiment: id }} {...look}>
          {children}
        </Link>
      );
    case 'run':
      return (
        <Link to="/runs/$run" params={{ run: id }} {...look}>
          {children}
        </Link>
      );
    case 'model':
      return (
        <Link to="/models/$model" params={{ model: id }} {...look}>
          {children}
        </Link>
      );
    case 'model_version':
      return (
        <Link to="/models/$model/versions/$version" params={{ model: owner, version: rest }} {...look}>
          {children}
        </Link>
      );
    case 'evaluation':
      return (
        <Link to="/evaluations/$evaluation" params={{ evaluation: id }} {...look}>
          {children}
        </Link>
      );
    case 'release':
      return (
        <Link to="/releases/$release" params={{ release: id }} {...look}>
          {children}
        </Link>
      );
    case 'alert':
      return (
        <Link to="/alerts/$alert" params={{ alert: id }} {...look}>
          {children}
        </Link>
      );
    case 'endpoint':
      return (
        <Link to="/endpoints/by-id/$id" params={{ id }} {...look}>
          {children}
        </Link>
      );
    case 'pipeline':
      return (
        <Link to="/pipelines/$pipeline" params={{ pipeline: id }} {...look}>
          {children}
        </Link>
      );
    case 'execution':
      return (
        <Link to="/executions/$execution" params={{ execution: id }} {...look}>
          {children}
        </Link>
      );
    case 'token':
    case 'workspace':
      return (
        <Link to="/settings" {...look}>
          {children}
        </Link>
      );
    default:
      return (
        <Link to="/lineage/$node" params={{ node: resource }} {...look}>
          {children}
        </Link>
      );
  }
}

/** A link that says what kind of thing it leads to. */
export function ResourceLink({
  resource,
  name,
}: {
  resource: string;
  name?: string | undefined;
}): ReactElement {
  const { icon, word, short } = readResource(resource);
  return (
    <ResourceAnchor resource={resource} className="resource-link">
      <Icon name={icon} size={14} />
      <span className="faint">{word}</span>
      <span className="truncate" title={resource}>
        {name ?? short}
      </span>
    </ResourceAnchor>
  );
}
