import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { compareVersions, listVersions } from '../../../src/models/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { Compared } from './compared.tsx';

const route = getRouteApi('/models/$model/compare');

export default function CompareVersionsPage(): ReactElement {
  const { model } = route.useParams();
  const { a, b } = route.useSearch();
  const navigate = route.useNavigate();
  const versions = usePages(listVersions, { params: { model }, query: { limit: 500 } });
  const comparison = useQuery({
    ...api(compareVersions, { params: { model }, query: { a: a ?? '', b: b ?? '' } }),
    enabled: a !== undefined && b !== undefined,
  });
  const names = new Set(versions.items.map(({ version }) => String(version)));
  for (const one of [a, b]) if (one !== undefined) names.add(one);
  const options = [...names]
    .toSorted((x, y) => Number(y) - Number(x))
    .map((value) => ({ value, label: /^\d/.test(value) ? `v${value}` : value }));
  const choose = (change: { a?: string; b?: string }) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const none = { value: '', label: 'choose' };
  return (
    <Page
      title={`${model}: compare`}
      heading={`Compare versions of ${model}`}
      trail={
        <>
          <Link to="/models">Models</Link>
          <Link to="/models/$model" params={{ model }}>
            {model}
          </Link>
        </>
      }
    >
      <div className="bar">
        <Choice
          label="From"
          value={a ?? ''}
          options={a === undefined ? [none, ...options] : options}
          onChange={(value) => choose({ a: value })}
        />
        <Choice
          label="to"
          value={b ?? ''}
          options={b === undefined ? [none, ...options] : options}
          onChange={(value) => choose({ b: value })}
        />
        {a !== undefined && b !== undefined && (
          <Button icon="compare" onClick={() => choose({ a: b, b: a })}>
            Swap
          </Button>
        )}
      </div>
      {a === undefined || b === undefined ? (
        <Empty icon="compare" title="Choose two versions">
          <p>
            Then this page says what changed between them: metrics, parameters, data, signature and files.
          </p>
        </Empty>
      ) : comparison.isPending ? (
        <Skeleton lines={8} />
      ) : comparison.isError ? (
        <Failure error={comparison.error} retry={() => void comparison.refetch()} />
      ) : (
        <Compared comparison={comparison.data} />
      )}
    </Page>
  );
}
