import type { ReactElement } from 'react';
import type { Field, ModelFacts } from '../../../src/models/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Empty, Section } from '../kit/page.tsx';

const columns: ListingColumn<Field>[] = [
  { key: 'name', head: 'Name', cell: ({ name }) => name ?? <span className="faint">unnamed</span> },
  { key: 'type', head: 'Type', cell: ({ type }) => <code>{type}</code> },
  {
    key: 'needed',
    head: 'Needed',
    cell: ({ required, default: preset }) =>
      preset !== undefined ? (
        <>
          default <code>{JSON.stringify(preset)}</code>
        </>
      ) : required === false ? (
        'optional'
      ) : (
        'required'
      ),
  },
];

/** What the model takes and gives, how it can be loaded, and what it needs around it. */
export function SignatureTables({ facts }: { facts: ModelFacts | undefined }): ReactElement {
  if (!facts) {
    return (
      <Empty icon="model" title="Its files are elsewhere">
        <p>
          The version points at a place that this server does not open, so what the model takes is not known.
        </p>
      </Empty>
    );
  }
  const { signature, flavors, requirements } = facts;
  const parts: [string, readonly Field[] | undefined][] = [
    ['Inputs', signature?.inputs],
    ['Outputs', signature?.outputs],
    ['Parameters', signature?.params],
  ];
  const known = parts.filter(
    (part): part is [string, readonly Field[]] => part[1] !== undefined && part[1].length > 0,
  );
  return (
    <div className="stack">
      {known.length === 0 ? (
        <Empty icon="alert" title="It has no signature">
          <p>
            Without one, nothing can say whether a request fits. A signature is written when the model is
            logged with an example:
          </p>
          <CodeBlock
            label="Python that logs a model with a signature"
            text="mlflow.sklearn.log_model(model, name='model', input_example=rows.head())"
          />
        </Empty>
      ) : (
        <div className="pair">
          {known.map(([title, fields]) => (
            <Section key={title} title={title}>
              <Listing
                label={title}
                bare
                columns={columns}
                rows={fields.map((field, i) => ({ ...field, i }))}
                rowKey={(row) => String('i' in row ? row.i : row.name)}
              />
            </Section>
          ))}
        </div>
      )}
      <div className="pair">
        <Section title="Flavours">
          <ul className="flavours">
            {Object.entries(flavors).map(([name, settings]) => (
              <li key={name}>
                <Badge tone="accent">{name}</Badge>
                <details>
                  <summary>settings</summary>
                  <CodeBlock
                    text={JSON.stringify(settings, null, 2)}
                    label={`Settings of flavour ${name}`}
                    maxHeight={260}
                  />
                </details>
              </li>
            ))}
          </ul>
        </Section>
        {requirements !== undefined && requirements.length > 0 && (
          <Section title="Needs">
            <CodeBlock text={requirements.join('\n')} label="Python packages it needs" maxHeight={260} />
          </Section>
        )}
      </div>
    </div>
  );
}
