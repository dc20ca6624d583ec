import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import {
  deleteModel,
  deleteModelTag,
  getModel,
  listVersions,
  setModelTag,
  updateModel,
  type Model,
} from '../../../src/models/contract.ts';
import { api, call } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { live } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { Empty, Page, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { pythonText } from '../kit/shell-words.ts';
import { Aliases } from './aliases.tsx';
import { Described } from './described.tsx';
import { refreshModel } from './refresh.ts';
import { Tags } from './tags.tsx';
import { Judgements } from './version-evaluations.tsx';
import { VersionTable } from './version-table.tsx';
import './models.css';

const route = getRouteApi('/models/$model');

export default function ModelPage(): ReactElement {
  const { model: name } = route.useParams();
  const { sel = [] } = route.useSearch();
  const navigate = route.useNavigate();
  const model = useQuery(api(getModel, { params: { model: name } }));
  const versions = usePages(listVersions, { params: { model: name }, query: { limit: 200 } });
  const rows = versions.items;
  const [deleting, setDeleting] = useState(false);
  const [a, b] = sel.map(Number).toSorted((x, y) => x - y);
  return (
    <Page
      title={`${name} · model`}
      heading={name}
      trail={<Link to="/models">Models</Link>}
      lead={
        model.data && (
          <span className="row row-wrap">
            {plural(model.data.versions, 'version')}, made <TimeAgo time={model.data.created_at} /> by{' '}
            {model.data.created_by}
            <Aliases model={name} aliases={model.data.aliases} />
          </span>
        )
      }
      actions={
        model.data && (
          <>
            <Button
              icon="compare"
              disabled={a === undefined || b === undefined}
              title={b === undefined ? 'Choose two versions below' : undefined}
              onClick={() =>
                void navigate({
                  to: '/models/$model/compare',
                  params: { model: name },
                  search: { a: String(a), b: String(b) },
                })
              }
            >
              {b === undefined ? 'Compare two' : `Compare v${a} with v${b}`}
            </Button>
            <Button look="danger" icon="trash" label="Delete the model" onClick={() => setDeleting(true)} />
          </>
        )
      }
    >
      {model.isPending ? (
        <Skeleton lines={6} />
      ) : model.isError ? (
        <Failure error={model.error} retry={() => void model.refetch()} />
      ) : (
        <>
          <Section title="About">
            <Described
              what={name}
              text={model.data.description}
              save={async (description) => {
                await call(updateModel, { params: { model: name }, body: { description } });
                await refreshModel(name);
              }}
            />
            <Tags
              tags={model.data.tags}
              set={(key, value) =>
                call(setModelTag, { params: { model: name, key }, body: { value } }).then(() =>
                  refreshModel(name),
                )
              }
              remove={(key) =>
                call(deleteModelTag, { params: { model: name, key } }).then(() => refreshModel(name))
              }
            />
          </Section>
          {versions.loading ? (
            <Skeleton lines={5} />
          ) : versions.error ? (
            <Failure error={versions.error} retry={() => versions.refresh()} />
          ) : rows.length === 0 ? (
            <Empty icon="model" title="No version yet">
              <p>Whatever a run has logged as a model can be registered under this name:</p>
              <CodeBlock
                label="Python that registers a version"
                text={`import mlflow\n\nmlflow.register_model("runs:/<run id>/model", ${pythonText(name)})`}
              />
            </Empty>
          ) : (
            <VersionTable
              model={name}
              versions={rows}
              selected={sel}
              onSelect={(chosen) =>
                void navigate({ search: { sel: chosen.length === 0 ? undefined : chosen }, replace: true })
              }
              more={versions.more}
            />
          )}
          <Judgements model={name} />
          <Section title="Load it">
            <CodeBlock label="Python that loads the model" text={loadCode(model.data)} />
          </Section>
          {deleting && <DeleteModel model={model.data} onClose={() => setDeleting(false)} />}
        </>
      )}
    </Page>
  );
}

function loadCode({ name, aliases, latest }: Model): string {
  const alias = aliases.find((one) => one.alias === 'champion') ?? aliases[0];
  const which = alias ? `@${alias.alias}` : `/${latest?.version ?? 1}`;
  return `import mlflow\n\nmlflow.set_tracking_uri("${window.location.origin}")\nmodel = mlflow.pyfunc.load_model(${pythonText(`models:/${name}${which}`)})`;
}

function DeleteModel({ model, onClose }: { model: Model; onClose(): void }): ReactElement {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const navigate = useNavigate();
  return (
    <Ask
      title={`Delete ${model.name}?`}
      description={`All ${plural(model.versions, 'version')} go with it and cannot be brought back. The runs that made them stay, and so does the ledger.`}
      action="Delete for good"
      danger
      disabled={typed !== model.name}
      run={async () => {
        // Away first: this page would ask for what is gone.
        await live.still(async () => {
          await call(deleteModel, {
            params: { model: model.name },
            query: reason.trim() === '' ? {} : { reason: reason.trim() },
          });
          await navigate({ to: '/models' });
        });
        void refreshModel(model.name);
        say(`${model.name} is deleted`);
      }}
      onClose={onClose}
    >
      <TextField
        label={`Type ${model.name} to say that you mean it`}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <ReasonField value={reason} onChange={setReason} />
    </Ask>
  );
}
